import django.db.models.deletion
from django.db import migrations, models

from audit import guards
from rewards.migrations import _tables as tables


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('audit', '0001_initial'),
        ('programs', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reward',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('names', models.JSONField(default=dict, verbose_name='name')),
                ('document', models.JSONField(verbose_name='terms')),
                ('position', models.PositiveIntegerField(default=0)),
                ('offered', models.BooleanField(default=True, verbose_name='on offer')),
                ('changed_at', models.DateTimeField(verbose_name='changed')),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to='programs.program', verbose_name='program')),
            ],
            options={
                'verbose_name': 'reward',
                'verbose_name_plural': 'rewards',
                'db_table': 'reward',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.UniqueConstraint(fields=('program', 'code'), name='reward_once'),
        ),
        migrations.CreateModel(
            name='Stock',
            fields=[
                ('reward', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='counted', serialize=False, to='rewards.reward')),
                ('stock', models.BigIntegerField()),
                ('taken', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'reward_stock',
                'constraints': [models.CheckConstraint(condition=models.Q(('taken__gte', 0), ('taken__lte', models.F('stock'))), name='reward_never_oversold')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(tables.MAKE, tables.DROP)],
            state_operations=[
                migrations.CreateModel(
                    name='Taken',
                    fields=[
                        ('pk', models.CompositePrimaryKey('holder_id', 'membership_id', 'reward_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('membership_id', models.BigIntegerField()),
                        ('reward_id', models.BigIntegerField()),
                        ('taken', models.BigIntegerField()),
                        ('allowed', models.BigIntegerField(null=True)),
                    ],
                    options={
                        'db_table': 'reward_taken',
                    },
                ),
                migrations.CreateModel(
                    name='Redemption',
                    fields=[
                        ('redemption_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('membership_id', models.BigIntegerField()),
                        ('quantity', models.BigIntegerField()),
                        ('idem', models.UUIDField()),
                        ('fingerprint', models.BinaryField()),
                        ('offer', models.JSONField()),
                        ('from_stock', models.BooleanField()),
                        ('state', models.TextField(choices=[('held', 'held'), ('confirmed', 'confirmed'), ('released', 'released'), ('lapsed', 'lapsed')])),
                        ('placed_at', models.DateTimeField()),
                        ('lapses_at', models.DateTimeField()),
                        ('resolved_at', models.DateTimeField(null=True)),
                        ('receipt', models.TextField()),
                        ('channel', models.TextField()),
                        ('actor', models.TextField()),
                        ('resolved_by', models.TextField(null=True)),
                        ('reward', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='redemptions', to='rewards.reward')),
                    ],
                    options={
                        'db_table': 'redemption',
                    },
                ),
                migrations.CreateModel(
                    name='Cost',
                    fields=[
                        ('pk', models.CompositePrimaryKey('holder_id', 'redemption_id', 'currency_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('redemption_id', models.BigIntegerField()),
                        ('currency_id', models.IntegerField()),
                        ('amount', models.BigIntegerField()),
                        ('hold_id', models.BigIntegerField()),
                        ('posting_id', models.BigIntegerField(null=True)),
                    ],
                    options={
                        'db_table': 'redemption_cost',
                    },
                ),
                migrations.CreateModel(
                    name='Voucher',
                    fields=[
                        ('voucher_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('redemption_id', models.BigIntegerField()),
                        ('membership_id', models.BigIntegerField()),
                        ('amount', models.BigIntegerField()),
                        ('money', models.CharField(max_length=3)),
                        ('salt', models.BinaryField()),
                        ('issued_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField(null=True)),
                        ('used_at', models.DateTimeField(null=True)),
                        ('reward', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='vouchers', to='rewards.reward')),
                    ],
                    options={
                        'db_table': 'voucher',
                    },
                ),
                migrations.CreateModel(
                    name='VoucherCode',
                    fields=[
                        ('code_hmac', models.BinaryField(primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('voucher_id', models.BigIntegerField()),
                    ],
                    options={
                        'db_table': 'voucher_code',
                    },
                ),
            ],
        ),
        guards.only_columns_change("redemption", ["state", "resolved_at", "resolved_by"]),
        guards.only_columns_change("redemption_cost", ["posting_id"]),
        guards.only_columns_change("voucher", ["used_at"]),
        guards.append_only("voucher_code"),
    ]
