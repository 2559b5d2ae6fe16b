"""What the catalogue of the database says of our tables: what only grows, what keys begin with, who knows whom."""

from __future__ import annotations

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from audit import guards
from loyalty import owner

pytestmark = pytest.mark.django_db
OURS = (
    "loyalty", "portal", "backoffice", "studio", "api", "web", "playbooks", "care", "replication", "earning", "rewards",
    "activity", "tiers", "messaging", "members", "rules_engine", "programs", "ledger", "identity", "audit", "adminsite",
)  # fmt: skip
# Every table of a model of ours is one or the other: a new one is put here by whoever makes it.
ONLY_GROWS = {
    "audit_access",
    "activity", "activity_key", "consent", "delivery", "inbound_chunk", "ledger_debt_entry",
    "ledger_entry", "ledger_hold_lot", "ledger_holder", "ledger_posting", "product_state", "return_link", "rule",
    "replication_chunk", "rule_resume", "rule_stop", "terms_accepted", "voucher_code",
    "care_receipt_claim", "redemption_undone", "card_proof", "theme_logo", "terms_text",
}  # fmt: skip
GROWS_AND_CHANGES_A_LITTLE: dict[str, tuple[str, ...]] = {
    "audit_event": ("data",),  # and of it the reason alone, to nothing: a trigger of its own
    "care_case_event": ("words",),
    "attribution": ("ended_at",),
    "card_batch": ("store_id", "handed_at", "handed_by"),
    "contact_history": ("before", "reason"),
    "holder_successor": ("successor_id",),
    "membership_merge": ("reason", "undone_at", "undone_by", "undone"),
    "ledger_hold": ("state", "resolved_at", "posting_id"),
    "replication_line": ("external_id",),  # an id that is a contact gives way to a digest
    "quarantine": (
        "reason",
        "field",
        "detail",
        "raw",
        "content",
        "corrected",
        "state",
        "changed_by",
        "changed_at",
    ),  # fmt: skip
    "tier_assignment": ("reason",),
    "redemption": ("state", "resolved_at", "resolved_by"),
    "redemption_cost": ("posting_id",),
    "return_wait": ("ended_at",),
    "voucher": ("used_at",),
    "tier_ladder": ("until_at",),
    "tier_standing": ("until_at", "superseded_at"),
    "rulebook": ("valid", "state", "published_at", "published_by"),
}
CHANGES = {
    "membership_closing", "membership_suspension", "care_archive", "care_erasure",
    "award", "claim", "rule_usage", "forgiven", "job_run", "mark", "rescore", "rescore_holder",
    "bearer", "inbound_file",
    "household", "household_invitation",
    "card", "wallet_device", "wallet_pass",
    "member", "member_login", "member_name_word", "membership", "membership_holder",
    "banner", "currency", "market", "population", "product", "program", "program_banner", "program_host", "source",
    "source_program", "store",
    "ledger_lot", "ledger_wallet",
    "outgoing_message",
    "contact_change", "member_taste", "postal_address",
    "care_adjustment", "care_case", "care_case_file", "care_opinion",
    "replication_conflict", "replication_fact", "replication_identity", "replication_lot", "replication_run",
    "replication_system",
    "reward", "reward_budget", "reward_stock", "reward_taken",
    "rulebook_draft", "rulebook_draft_rule", "rulebook_draft_rehearsal", "tier_followed", "tier_plan",
    "identity_badge", "identity_device", "identity_till",
    "identity_grant", "identity_staff_profile", "identity_user", "identity_user_groups",
    "identity_user_user_permissions",
}  # fmt: skip
MARKERS = ("activity_id", "return_activity_id", "purchase_activity_id")


def rows(statement, values=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def our_tables() -> set[str]:
    models = [model for label in OURS for model in apps.get_app_config(label).get_models(include_auto_created=True)]
    return {model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy}


def test_every_model_declares_whether_it_only_grows():
    unknown = our_tables() - ONLY_GROWS - set(GROWS_AND_CHANGES_A_LITTLE) - CHANGES
    assert unknown == set(), "put them into one of the lists of this test"
    assert ONLY_GROWS | set(GROWS_AND_CHANGES_A_LITTLE) | CHANGES <= {name for (name,) in rows(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
    )}, "a list names what is gone"  # fmt: skip


def test_what_only_grows_is_what_the_guards_guard():
    assert {table for table, columns in guards.REVOKED.items() if not columns} == ONLY_GROWS
    assert {table: columns for table, columns in guards.REVOKED.items() if columns} == GROWS_AND_CHANGES_A_LITTLE


def triggers(table: str) -> set[str]:
    """UPDATE, DELETE, TRUNCATE: what an enabled trigger of ours stands before."""
    found = rows(
        "SELECT tgtype FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE tgrelid = %s::regclass"
        " AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 2 = 2"
        " AND proname IN ('audit_refuse_change', 'audit_refuse_other_columns')",
        [table],
    )
    bits = {16: "UPDATE", 8: "DELETE", 32: "TRUNCATE"}
    return {word for (kind,) in found for bit, word in bits.items() if kind & bit}


@pytest.mark.parametrize("table", sorted(ONLY_GROWS | set(GROWS_AND_CHANGES_A_LITTLE)))
def test_a_guarded_table_has_its_triggers_and_the_app_lacks_the_rights(table):
    assert triggers(table) == {"UPDATE", "DELETE", "TRUNCATE"}
    for right in ("UPDATE", "DELETE", "TRUNCATE"):
        assert rows("SELECT has_table_privilege(current_user, %s, %s)", [table, right]) == [(False,)], right
    may_change = rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND has_column_privilege(current_user, attrelid, attnum, 'UPDATE')",
        [table],
    )
    assert {name for (name,) in may_change} == set(GROWS_AND_CHANGES_A_LITTLE.get(table, ()))
    assert rows("SELECT has_table_privilege(current_user, %s, 'INSERT, SELECT')", [table]) == [(True,)]


def test_the_app_may_empty_no_table_and_owns_none():
    assert rows("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
                " AND has_table_privilege(current_user, oid, 'TRUNCATE')") == []  # fmt: skip
    assert rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user") == []


def test_keys_of_the_ledger_begin_with_the_holder():
    keys = rows(
        "SELECT c.relname, i.indexrelid::regclass::text, a.attname FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE i.indisunique AND c.relname LIKE 'ledger\\_%%'"
    )
    assert len(keys) >= 6
    assert [key for key in keys if key[2] != "holder_id"] == []


def test_whoever_points_at_an_activity_says_its_day():
    columns: dict[str, set[str]] = {}
    for table, column in rows(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped"
    ):
        columns.setdefault(table, set()).add(column)
    dayless = []
    for table, names in columns.items():
        for marker in MARKERS:
            day = marker.removesuffix("activity_id") + "occurred_on"
            if marker in names and not {day, "occurred_on"} & names:
                dayless.append(f"{table}.{marker}")
    assert dayless == []
    assert {"attribution", "award", "mark", "ledger_lot", "return_link"} <= {
        table for table, names in columns.items() if names & set(MARKERS)
    }


def test_activity_knows_no_member():
    names = {name for (name,) in rows("SELECT attname FROM pg_attribute WHERE attrelid = 'activity'::regclass")}
    assert not names & {"member_id", "membership_id", "holder_id", "card_id", "card", "email", "phone", "member"}
    pointing = rows(
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'activity'::regclass"
        " AND confrelid::regclass::text IN ('member', 'membership', 'card', 'ledger_holder')"
    )
    assert pointing == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((160009, "16.9", "UTF8"), "this is PostgreSQL 16.9: Fidelio needs 17 or later"),
        ((180000, "18.0", "LATIN1"), "the database is encoded in LATIN1: create it with ENCODING 'UTF8'"),
    ],
)
def test_an_unfit_server_is_refused_with_a_sentence(monkeypatch, answer, sentence):
    class Cursor:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

        def execute(self, _statement):
            return None

        def fetchone(self):
            return answer

    class Connection:
        def cursor(self):
            return Cursor()

    monkeypatch.setattr(owner, "connection", Connection())
    with pytest.raises(CommandError, match=sentence):
        call_command("migrate", verbosity=0)


def test_the_owner_is_stopped_by_every_guard(owner_cursor):
    """TRUNCATE reaches the trigger on empty tables too, so that each guard is seen to fire."""
    for table in sorted(ONLY_GROWS | set(GROWS_AND_CHANGES_A_LITTLE)):
        with pytest.raises(psycopg.errors.RestrictViolation, match=f"{table} only grows: TRUNCATE"):
            owner_cursor.execute(f"TRUNCATE {table} CASCADE")
