from django.db import migrations, models

from audit import guards

HOLDS = """
CREATE SEQUENCE ledger_hold_id AS bigint CACHE 20;

CREATE TABLE ledger_hold (
    holder_id bigint NOT NULL,
    hold_id bigint NOT NULL,
    currency_id integer NOT NULL,
    amount bigint NOT NULL,
    idem uuid NOT NULL,
    fingerprint bytea NOT NULL,
    state text NOT NULL DEFAULT 'open',
    placed_at timestamptz NOT NULL,
    lapses_at timestamptz NOT NULL,
    resolved_at timestamptz,
    posting_id bigint,
    actor text NOT NULL,
    CONSTRAINT ledger_hold_pkey PRIMARY KEY (holder_id, hold_id),
    CONSTRAINT ledger_hold_once UNIQUE (holder_id, idem),
    CONSTRAINT ledger_hold_amount_positive CHECK (amount > 0),
    CONSTRAINT ledger_hold_state_known CHECK (state IN ('open', 'captured', 'released', 'lapsed')),
    CONSTRAINT ledger_hold_resolves_once CHECK ((state = 'open') = (resolved_at IS NULL)),
    CONSTRAINT ledger_hold_captured_by_a_posting CHECK ((state = 'captured') = (posting_id IS NOT NULL)),
    CONSTRAINT ledger_hold_lapses_later CHECK (lapses_at > placed_at)
) WITH (fillfactor = 80);
CREATE INDEX ledger_hold_open ON ledger_hold (holder_id, currency_id) WHERE state = 'open';

CREATE TABLE ledger_hold_lot (
    holder_id bigint NOT NULL,
    hold_id bigint NOT NULL,
    lot_id bigint NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT ledger_hold_lot_pkey PRIMARY KEY (holder_id, hold_id, lot_id),
    CONSTRAINT ledger_hold_lot_amount_positive CHECK (amount > 0)
);
CREATE INDEX ledger_hold_lot_of ON ledger_hold_lot (holder_id, lot_id);

-- What is resolved stays so, whatever the code above it does.
CREATE FUNCTION ledger_hold_stays_resolved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'hold % is % already', OLD.hold_id, OLD.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_hold_resolved_for_good';
END $$;
CREATE TRIGGER ledger_hold_resolved_for_good BEFORE UPDATE ON ledger_hold
    FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION ledger_hold_stays_resolved();
"""
DROP = """
DROP TABLE ledger_hold_lot, ledger_hold;
DROP FUNCTION ledger_hold_stays_resolved();
DROP SEQUENCE ledger_hold_id;
"""
# What was spent can come back: a movement of its own kind, against the same contra.
KINDS = "'earn', 'take_back', 'spend', 'expire', 'adjust', 'transfer', 'opening'"
GIVE_BACK = f"""
ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_kind_known,
    ADD CONSTRAINT ledger_posting_kind_known CHECK (kind IN ({KINDS}, 'give_back'));
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_kind_known,
    ADD CONSTRAINT ledger_entry_kind_known CHECK (kind IN ({KINDS}, 'repay', 'give_back'));
"""
NO_GIVE_BACK = f"""
ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_kind_known,
    ADD CONSTRAINT ledger_posting_kind_known CHECK (kind IN ({KINDS}));
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_kind_known,
    ADD CONSTRAINT ledger_entry_kind_known CHECK (kind IN ({KINDS}, 'repay'));
"""


class Migration(migrations.Migration):
    """Points set aside until a redemption is confirmed, and points that come back when it is undone."""

    dependencies = [("ledger", "0002_moves_by_activity")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(HOLDS, DROP)],
            state_operations=[
                migrations.CreateModel(
                    name="Hold",
                    fields=[
                        ("hold_id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("holder_id", models.BigIntegerField()),
                        ("currency_id", models.IntegerField()),
                        ("amount", models.BigIntegerField()),
                        ("idem", models.UUIDField()),
                        ("fingerprint", models.BinaryField()),
                        ("state", models.TextField()),
                        ("placed_at", models.DateTimeField()),
                        ("lapses_at", models.DateTimeField()),
                        ("resolved_at", models.DateTimeField(null=True)),
                        ("posting_id", models.BigIntegerField(null=True)),
                        ("actor", models.TextField()),
                    ],
                    options={"db_table": "ledger_hold"},
                ),
                migrations.CreateModel(
                    name="HoldLot",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "holder_id", "hold_id", "lot_id", blank=True, editable=False, primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("holder_id", models.BigIntegerField()),
                        ("hold_id", models.BigIntegerField()),
                        ("lot_id", models.BigIntegerField()),
                        ("amount", models.BigIntegerField()),
                    ],
                    options={"db_table": "ledger_hold_lot"},
                ),
            ],
        ),
        migrations.RunSQL(GIVE_BACK, NO_GIVE_BACK),
        guards.only_columns_change("ledger_hold", ["state", "resolved_at", "posting_id"]),
        guards.append_only("ledger_hold_lot"),
    ]  # fmt: skip
