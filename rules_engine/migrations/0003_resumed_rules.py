import django.db.models.deletion
from django.db import migrations, models

from audit import guards


class Migration(migrations.Migration):

    dependencies = [
        ('rules_engine', '0002_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='RuleResume',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='resumed from')),
                ('by', models.CharField(max_length=80, verbose_name='by')),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('stop', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='resumed', to='rules_engine.rulestop', verbose_name='stop')),
            ],
            options={
                'verbose_name': 'resumed rule',
                'verbose_name_plural': 'resumed rules',
                'db_table': 'rule_resume',
            },
        ),
        guards.append_only("rule_resume"),
    ]
