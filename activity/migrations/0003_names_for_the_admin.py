import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('activity', '0002_no_index_of_states'),
        ('programs', '0001_initial'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='inboundfile',
            options={'verbose_name': 'import', 'verbose_name_plural': 'imports'},
        ),
        migrations.AlterModelOptions(
            name='quarantine',
            options={'verbose_name': 'row in quarantine', 'verbose_name_plural': 'quarantine'},
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='by',
            field=models.CharField(max_length=80, verbose_name='by'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='closed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='ended'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='duplicate',
            field=models.BigIntegerField(default=0, verbose_name='rows here already'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='error',
            field=models.CharField(blank=True, max_length=500, verbose_name='why it could not be read'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='landed',
            field=models.BigIntegerField(default=0, verbose_name='rows landed'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='mapping',
            field=models.JSONField(help_text='as it was read; null: canonical', null=True, verbose_name='mapping'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='name',
            field=models.CharField(max_length=200, verbose_name='file'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='opened_at',
            field=models.DateTimeField(verbose_name='begun'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='program',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programs.program', verbose_name='program'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='quarantined',
            field=models.BigIntegerField(default=0, verbose_name='rows in quarantine'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='rows',
            field=models.BigIntegerField(help_text='known when it was read to its end once', null=True, verbose_name='rows'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='size',
            field=models.BigIntegerField(help_text='bytes', verbose_name='size'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='skipped',
            field=models.BigIntegerField(default=0, verbose_name='rows passed over'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programs.source', verbose_name='source'),
        ),
        migrations.AlterField(
            model_name='inboundfile',
            name='state',
            field=models.CharField(choices=[('open', 'being read'), ('closed', 'read'), ('unreadable', 'unreadable')], default='open', max_length=10, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='at',
            field=models.DateTimeField(verbose_name='since'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='changed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='changed'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='changed_by',
            field=models.CharField(blank=True, max_length=80, verbose_name='changed by'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='content',
            field=models.JSONField(help_text="the row's fields by their canonical names, as far as read", null=True, verbose_name='content'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='corrected',
            field=models.JSONField(help_text='fields as corrected; they replace those of the content', null=True, verbose_name='corrections'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='detail',
            field=models.CharField(blank=True, max_length=300, verbose_name='what is wrong'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='field',
            field=models.CharField(blank=True, max_length=80, verbose_name='field'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='file',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='activity.inboundfile', verbose_name='file'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='line',
            field=models.BigIntegerField(help_text="in the file; for other doors the row's place in the receipt", verbose_name='line'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='program',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programs.program', verbose_name='program'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='reason',
            field=models.CharField(max_length=40, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='receipt_id',
            field=models.CharField(help_text='null: not even that could be read', max_length=200, null=True, verbose_name='receipt'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programs.source', verbose_name='source'),
        ),
        migrations.AlterField(
            model_name='quarantine',
            name='state',
            field=models.CharField(choices=[('open', 'to be looked at'), ('fixed', 'corrected'), ('dropped', 'dropped'), ('landed', 'landed')], default='open', max_length=8, verbose_name='state'),
        ),
    ]
