import django.db.models.functions.datetime
from django.db import migrations, models

from audit import guards
from ledger.migrations import _tables as tables


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('audit', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL("".join(tables.MAKE), tables.DROP)],
            state_operations=[
                migrations.CreateModel(
                    name='DebtEntry',
                    fields=[
                        ('entry_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('posting_id', models.BigIntegerField()),
                        ('currency_id', models.IntegerField()),
                        ('amount', models.BigIntegerField()),
                        ('reason', models.TextField()),
                        ('effective_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ],
                    options={
                        'db_table': 'ledger_debt_entry',
                    },
                ),
                migrations.CreateModel(
                    name='Entry',
                    fields=[
                        ('entry_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('posting_id', models.BigIntegerField()),
                        ('lot_id', models.BigIntegerField()),
                        ('currency_id', models.IntegerField()),
                        ('amount', models.BigIntegerField()),
                        ('kind', models.TextField()),
                        ('contra', models.TextField()),
                        ('cost_centre', models.TextField()),
                        ('effective_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ],
                    options={
                        'db_table': 'ledger_entry',
                    },
                ),
                migrations.CreateModel(
                    name='Holder',
                    fields=[
                        ('holder_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('kind', models.TextField()),
                        ('opened_at', models.DateTimeField()),
                    ],
                    options={
                        'db_table': 'ledger_holder',
                    },
                ),
                migrations.CreateModel(
                    name='HolderSuccessor',
                    fields=[
                        ('holder_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('successor_id', models.BigIntegerField()),
                        ('since', models.DateTimeField()),
                    ],
                    options={
                        'db_table': 'holder_successor',
                    },
                ),
                migrations.CreateModel(
                    name='Lot',
                    fields=[
                        ('lot_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('currency_id', models.IntegerField()),
                        ('initial', models.BigIntegerField()),
                        ('remaining', models.BigIntegerField()),
                        ('held', models.BigIntegerField()),
                        ('available_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField(null=True)),
                        ('activity_id', models.BigIntegerField(null=True)),
                        ('occurred_on', models.DateField()),
                        ('posting_id', models.BigIntegerField()),
                    ],
                    options={
                        'db_table': 'ledger_lot',
                    },
                ),
                migrations.CreateModel(
                    name='Posting',
                    fields=[
                        ('posting_id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('idem', models.UUIDField()),
                        ('fingerprint', models.BinaryField(null=True)),
                        ('kind', models.TextField()),
                        ('source_type', models.TextField()),
                        ('source_id', models.BigIntegerField(null=True)),
                        ('actor', models.TextField()),
                        ('channel', models.TextField()),
                        ('store_id', models.IntegerField(null=True)),
                        ('reverses', models.BigIntegerField(null=True)),
                        ('transfer_id', models.BigIntegerField(null=True)),
                        ('effective_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ],
                    options={
                        'db_table': 'ledger_posting',
                    },
                ),
                migrations.CreateModel(
                    name='Wallet',
                    fields=[
                        ('pk', models.CompositePrimaryKey('holder_id', 'currency_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('holder_id', models.BigIntegerField()),
                        ('currency_id', models.IntegerField()),
                        ('total', models.BigIntegerField()),
                        ('held', models.BigIntegerField()),
                        ('debt', models.BigIntegerField()),
                        ('version', models.BigIntegerField()),
                        ('frozen_reason', models.TextField()),
                    ],
                    options={
                        'db_table': 'ledger_wallet',
                    },
                ),
            ],
        ),
        guards.append_only("ledger_holder"),
        guards.append_only("ledger_posting"),
        guards.append_only("ledger_entry"),
        guards.append_only("ledger_debt_entry"),
        guards.only_columns_change("holder_successor", ["successor_id"]),
    ]
