"""What the database itself refuses, whoever asks and however the code above it errs."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction

import ledger
from ledger import consumption, copying, holders, holding, posting
from loyalty import owner
from tests.ledger import frames

pytestmark = pytest.mark.django_db
TABLES = [
    "ledger_holder", "holder_successor", "ledger_wallet", "ledger_lot", "ledger_posting", "ledger_entry",
    "ledger_debt_entry", "ledger_hold", "ledger_hold_lot",
]  # fmt: skip
ONLY_GROW = ["ledger_holder", "ledger_posting", "ledger_entry", "ledger_debt_entry", "ledger_hold_lot"]
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def holder(db):
    """A holder with 100 points in one lot, posted under a key."""
    (opened,) = holders.open(now=NOW)
    posting.earn(holder_id=opened, currency_id=1, amount=100, key="k", now=NOW, actor="test")
    holding.hold(
        holder_id=opened, currency_id=1, amount=1, key="h", now=NOW, lapses_at=NOW + timedelta(hours=1), actor="test"
    )
    return opened


def refusal(statement, **values):
    """The name of the constraint that refuses a statement, or None when it passes."""
    with connection.cursor() as django_cursor:
        cursor = copying.plain(django_cursor)
        cursor.execute("SAVEPOINT attempt")
        try:
            cursor.execute(statement, values)
        except psycopg.Error as refused:
            cursor.execute("ROLLBACK TO SAVEPOINT attempt")
            return refused.diag.constraint_name or refused.diag.message_primary
        cursor.execute("ROLLBACK TO SAVEPOINT attempt")
        return None


LOT = (
    "INSERT INTO ledger_lot (holder_id, lot_id, posting_id, initial, remaining, held, available_at, expires_at,"
    " currency_id, occurred_on)"
)
POSTING = "INSERT INTO ledger_posting (holder_id, posting_id, idem, kind, actor, effective_at, reverses, fingerprint)"
AGAIN = (
    "INSERT INTO ledger_posting (holder_id, posting_id, idem, kind, actor, effective_at)"
    " SELECT holder_id, 9, idem, kind, actor, effective_at FROM ledger_posting"
)
TWICE_REVERSED = (
    f"{POSTING} SELECT %(holder)s, n, ('00000000-0000-0000-0000-00000000000' || n)::uuid, 'adjust', '', %(now)s, 1,"
    " NULL FROM generate_series(1, 2) n"
)
CHAIN = "INSERT INTO holder_successor VALUES (%(holder)s, 1, %(now)s), (2, %(holder)s, %(now)s)"
KEY = "00000000-0000-0000-0000-000000000009"
ENTRY = (
    "INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, amount, effective_at, currency_id, kind,"
    " contra)"
)  # fmt: skip
DEBT = "INSERT INTO ledger_debt_entry (holder_id, entry_id, posting_id, amount, effective_at, currency_id, reason)"
HOLD = (
    "INSERT INTO ledger_hold (holder_id, hold_id, currency_id, amount, idem, fingerprint, placed_at, lapses_at, actor)"
)
HELD = f"{HOLD} SELECT %(holder)s, {{}}, 1, {{}}, gen_random_uuid(), '', %(now)s, %(now)s + interval '{{}}', ''"
HOLD_TWICE = (
    f"{HOLD} SELECT %(holder)s, n, 1, 1, '{KEY}', '', %(now)s, %(now)s + interval '1 h', ''"
    " FROM generate_series(7, 8) n"
)
UPDATE_HOLD = "UPDATE ledger_hold SET {} WHERE holder_id = %(holder)s"
OF_LOT = "INSERT INTO ledger_hold_lot VALUES (%(holder)s, 1, 1, {})"
WALLET = "UPDATE ledger_wallet SET {} WHERE holder_id = %(holder)s"
UPDATE_LOT = "UPDATE ledger_lot SET {} WHERE holder_id = %(holder)s"
ATTEMPTS = [
    ("ledger_wallet_balance_not_negative", WALLET.format("total = -1")),
    ("ledger_wallet_held_within_total", WALLET.format("held = 101")),
    ("ledger_wallet_held_within_total", WALLET.format("held = -1")),
    ("ledger_wallet_debt_not_negative", WALLET.format("debt = -1")),
    ("ledger_wallet_pkey", "INSERT INTO ledger_wallet (holder_id, currency_id) VALUES (%(holder)s, 1)"),
    ("ledger_lot_held_within_remaining", UPDATE_LOT.format("remaining = -1")),
    ("ledger_lot_held_within_remaining", UPDATE_LOT.format("held = 101")),
    ("ledger_lot_held_within_remaining", UPDATE_LOT.format("held = -1")),
    ("ledger_lot_remaining_within_initial", UPDATE_LOT.format("remaining = 101")),
    ("ledger_lot_matures_before_it_dies", UPDATE_LOT.format("expires_at = available_at")),
    ("ledger_lot_initial_positive", f"{LOT} VALUES (%(holder)s, 9, 9, 0, 0, 0, %(now)s, NULL, 1, %(now)s)"),
    ("ledger_posting_once", AGAIN),
    ("ledger_posting_kind_known", f"{POSTING} VALUES (%(holder)s, 9, '{KEY}', 'gift', '', %(now)s, NULL, NULL)"),
    ("ledger_posting_fingerprint_is_sha256",
     f"{POSTING} VALUES (%(holder)s, 9, '{KEY}', 'earn', '', %(now)s, NULL, 'x')"),
    ("ledger_posting_reversed_once", TWICE_REVERSED),
    ("ledger_entry_moves_something", f"{ENTRY} VALUES (%(holder)s, 9, 9, 9, 0, %(now)s, 1, 'earn', 'issue')"),
    ("ledger_entry_kind_known", f"{ENTRY} VALUES (%(holder)s, 9, 9, 9, 1, %(now)s, 1, 'gift', 'issue')"),
    ("ledger_entry_contra_known", f"{ENTRY} VALUES (%(holder)s, 9, 9, 9, 1, %(now)s, 1, 'earn', 'nobody')"),
    ("ledger_debt_entry_moves_something", f"{DEBT} VALUES (%(holder)s, 9, 9, 0, %(now)s, 1, 'return')"),
    ("ledger_debt_entry_reason_known", f"{DEBT} VALUES (%(holder)s, 9, 9, -5, %(now)s, 1, 'return')"),
    ("ledger_holder_kind_known", "INSERT INTO ledger_holder VALUES (9, 'person', %(now)s)"),
    ("ledger_holder_id_is_62_bits", "INSERT INTO ledger_holder VALUES (0, 'membership', %(now)s)"),
    ("ledger_holder_pkey", "INSERT INTO ledger_holder VALUES (%(holder)s, 'membership', %(now)s)"),
    ("ledger_hold_amount_positive", HELD.format(9, 0, "1 h")),
    ("ledger_hold_lapses_later", HELD.format(9, 1, "0 h")),
    ("ledger_hold_once", HOLD_TWICE),
    ("ledger_hold_state_known", UPDATE_HOLD.format("state = 'gone', resolved_at = %(now)s")),
    ("ledger_hold_resolves_once", UPDATE_HOLD.format("state = 'lapsed'")),
    ("ledger_hold_captured_by_a_posting", UPDATE_HOLD.format("state = 'captured', resolved_at = %(now)s")),
    ("ledger_hold_lot_amount_positive", OF_LOT.format(0)),
    ("holder_successor_is_another", "INSERT INTO holder_successor VALUES (%(holder)s, %(holder)s, %(now)s)"),
    ("holder_successor_one_step", CHAIN),
]  # fmt: skip


@pytest.mark.parametrize(("constraint", "statement"), ATTEMPTS)
def test_the_app_is_refused_by_the_name_of_a_constraint(holder, constraint, statement):
    assert refusal(statement, holder=holder, now=NOW) == constraint


def test_every_constraint_of_ours_is_tried(holder):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('c', 'u')", [TABLES]
        )
        assert {name for (name,) in cursor.fetchall()} <= {constraint for constraint, _ in ATTEMPTS}


@pytest.mark.parametrize("table", ONLY_GROW)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET holder_id = holder_id",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "INSERT INTO {} SELECT * FROM {} ON CONFLICT (holder_id) DO UPDATE SET holder_id = 1",
        "MERGE INTO {} a USING {} b ON a.holder_id = b.holder_id WHEN MATCHED THEN DELETE",
    ],
)
def test_history_is_not_the_apps_to_change(holder, table, statement):
    if "CONFLICT" in statement and table != "ledger_holder":
        statement = statement.replace("(holder_id)", "ON CONSTRAINT " + table + "_pkey")
    assert refusal(statement.format(table, table)) == f"permission denied for table {table}"


@pytest.mark.parametrize("table", ONLY_GROW)
def test_history_is_not_the_owners_to_change_either(table):
    with as_owner():
        rich = _in_debt_and_rich()
        posting.transfer(**rich, amount=1, key="t", now=NOW, actor="test")
        holding.hold(
            holder_id=rich["from_holder"], currency_id=1, amount=1, key="h", now=NOW,
            lapses_at=NOW + timedelta(hours=1), actor="test",
        )  # fmt: skip
        for statement in ("UPDATE {} SET holder_id = holder_id", "DELETE FROM {}", "TRUNCATE {}"):
            assert (refusal(statement.format(table)) or "").startswith(f"table {table} only grows")


def _in_debt_and_rich():
    """Two holders with a row in each table between them."""
    sender, receiver = holders.open(2, now=NOW)
    frames.earn((sender, 1, 1, 1, 100, NOW, None), now=NOW)
    frames.take_back((receiver, 1, 1, 1, 5), now=NOW)
    return {"from_holder": sender, "to_holder": receiver, "currency_id": 1}


class as_owner:
    """The tables' owner in a transaction that is rolled back."""

    def __enter__(self):
        self.acting = owner.acting_as_owner()
        self.acting.__enter__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def __exit__(self, *error):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        self.acting.__exit__(None, None, None)


GUARDS = [
    ("ledger_lot", "ledger_lot_held_within_remaining", UPDATE_LOT.format("remaining = -1")),
    ("ledger_wallet", "ledger_wallet_balance_not_negative", WALLET.format("total = -1, held = -1")),
    ("ledger_posting", "ledger_posting_once", AGAIN),
]


@pytest.mark.parametrize(("table", "constraint", "statement"), GUARDS)
def test_without_the_constraint_the_attempt_passes(table, constraint, statement):
    """Mutants: the attempts above prove the constraint, and nothing else, holds the line."""
    with as_owner():
        (holder,) = holders.open(now=NOW)
        posting.earn(holder_id=holder, currency_id=1, amount=100, key="k", now=NOW, actor="test")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            if table == "ledger_wallet":
                cursor.execute("ALTER TABLE ledger_wallet DROP CONSTRAINT ledger_wallet_held_within_total")
        assert refusal(statement, holder=holder) is None


def test_without_the_unique_key_a_replayed_batch_is_posted_twice():
    with as_owner():
        (holder,) = holders.open(now=NOW)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_once")
        row = (holder, 1, 1, 1, 10, NOW, None)
        assert (frames.earn(row, now=NOW), frames.earn(row, now=NOW)) == (1, 1)


def test_every_key_of_the_ledger_begins_with_the_holder():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, a.attname FROM pg_index i"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
            " WHERE i.indisunique AND i.indrelid = ANY(%s::regclass[])",
            [TABLES],
        )
        keys = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname ~ '^(ledger_|holder_)' AND relkind = 'r'")
        assert cursor.fetchone() == (len(TABLES),)
    assert len(keys) >= len(TABLES)
    assert set(keys.values()) == {"holder_id"}, keys


SOURCES = sorted(Path(ledger.__file__).parent.glob("**/*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_statement_reads_the_clock(source):
    """Every statement takes `now`; only recorded_at, which nothing decides by, is the database's own."""
    stamp = r"recorded_at timestamptz NOT NULL DEFAULT now\(\)|db_default=[\w.]*Now\(\)"
    text = re.sub(stamp, "", source.read_text())
    clock = r"\bnow\(\)|current_timestamp|current_date|clock_timestamp|statement_timestamp|timezone\.now|datetime\.now"
    assert not re.findall(clock, text, re.IGNORECASE)


def _statements():
    import importlib

    for source in SOURCES:
        if source.parent.name == "ledger" and source.stem not in ("__init__", "models", "apps"):
            module = importlib.import_module(f"ledger.{source.stem}")
            for name, value in vars(module).items():
                if isinstance(value, str) and re.match(r"\s*(SELECT|INSERT|UPDATE|WITH|DELETE)\b", value):
                    yield pytest.param(value, id=f"{source.stem}.{name}")


@pytest.mark.parametrize("statement", list(_statements()))
def test_every_statement_names_the_holder(statement):
    """What is cut by holder later must be asked by holder now."""
    if "holder_successor" in statement:
        return  # a small table of its own, not cut
    assert "holder_id" in statement or "%(holder)s" in statement
    for alias in re.findall(r"JOIN ledger_\w+ (?:AS )?(\w+)", statement):
        assert f"{alias}.holder_id = " in statement, alias


def test_a_draw_reads_nothing_but_the_pots_it_locked(holder):
    """No plan of the till's hottest statement walks a table, whatever its size."""
    values = {
        "holders": [holder], "currencies": [1], "amounts": [5], "postings": [1], "scopes": [0], "now": NOW,
        "kind": "spend", "contra": "redeem", "cost_centre": "",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + consumption._DRAW.replace("{lots}", consumption.Lots.SPENDABLE.value), values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on ledger_" not in plan, plan
    assert re.search(r"Index (Only )?Scan using ledger_lot_open|Bitmap Index Scan on ledger_lot_open", plan), plan
    assert plan.count("holder_id = ") >= 2, plan
