from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tiers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='TierPlan',
            fields=[
                ('pk', models.CompositePrimaryKey('holder_id', 'program_id', 'from_at', blank=True, editable=False, primary_key=True, serialize=False)),
                ('holder_id', models.BigIntegerField()),
                ('program_id', models.BigIntegerField()),
                ('from_at', models.DateTimeField()),
                ('step', models.CharField(max_length=40, null=True)),
                ('before', models.CharField(help_text='the step until then', max_length=40, null=True)),
                ('reason', models.CharField(max_length=12)),
            ],
            options={
                'db_table': 'tier_plan',
                'indexes': [models.Index(fields=['program_id', 'from_at'], name='tier_plan_due')],
            },
        ),
        migrations.RemoveIndex(
            model_name='tierstanding',
            name='tier_standing_to_come',
        ),
    ]
