import django.db.models.deletion
from django.db import migrations, models

from audit import guards


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0003_words_of_names'),
        ('programs', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='card',
            name='claim_digest',
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='CardBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20)),
                ('count', models.PositiveIntegerField()),
                ('salt', models.BinaryField()),
                ('made_at', models.DateTimeField()),
                ('made_by', models.CharField(max_length=80)),
                ('handed_at', models.DateTimeField(blank=True, null=True)),
                ('handed_by', models.CharField(blank=True, max_length=80)),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='card_batches', to='programs.program')),
                ('store', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programs.store')),
            ],
            options={
                'db_table': 'card_batch',
            },
        ),
        migrations.AddField(
            model_name='card',
            name='batch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='members.cardbatch'),
        ),
        migrations.CreateModel(
            name='CardProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('spend', 'Spend'), ('claim', 'Claim')], max_length=8)),
                ('good', models.BooleanField()),
                ('step', models.BigIntegerField(blank=True, null=True)),
                ('key', models.CharField(blank=True, max_length=80)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=80)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.membership')),
            ],
            options={
                'db_table': 'card_proof',
            },
        ),
        migrations.AddConstraint(
            model_name='cardbatch',
            constraint=models.UniqueConstraint(fields=('program', 'code'), name='card_batch_once'),
        ),
        migrations.AddConstraint(
            model_name='cardbatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('handed_at__isnull', True), ('store__isnull', True)), models.Q(('handed_at__isnull', False), ('store__isnull', False)), _connector='OR'), name='card_batch_handed'),
        ),
        migrations.AddIndex(
            model_name='cardproof',
            index=models.Index(fields=['membership', 'what', 'at'], name='card_proof_of'),
        ),
        migrations.AddConstraint(
            model_name='cardproof',
            constraint=models.UniqueConstraint(fields=('membership', 'step'), name='spending_code_used_once'),
        ),
        guards.only_columns_change("card_batch", ["store_id", "handed_at", "handed_by"]),
        guards.append_only("card_proof"),
    ]
