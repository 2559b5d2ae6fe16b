"""A person is forgotten: nothing of her is found anywhere, and the books stay true."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from care import belonging
from care.leaving import acting
from care.privacy import erasing, subjects
from ledger import auditing
from loyalty import logs
from members import wallets
from tests.care import canary

pytestmark = pytest.mark.django_db
LATER = timedelta(days=18)
KNOWN_TO = {
    "account_emailaddress", "bearer", "card", "care_adjustment", "care_case_event", "care_opinion", "contact_change",
    "contact_history", "household_invitation", "identity_user", "member", "member_name_word", "membership_closing",
    "membership_merge", "membership_suspension", "mfa_authenticator", "outgoing_message", "postal_address",
    "quarantine", "replication_conflict", "tier_assignment", "audit_event", "wallet_device",
}  # fmt: skip


def test_the_canary_is_found_before_and_nowhere_after(
    program, now, photo, sofia, folder, caplog, django_capture_on_commit_callbacks
):
    caplog.set_level(logging.INFO)
    with django_capture_on_commit_callbacks(execute=True):  # bells are rung: the broker is looked into below
        life = canary.lived(program, now, photo, sofia)
    before = canary.in_tables()
    assert {hit.partition(".")[0] for hit in before} >= KNOWN_TO
    assert {"in a session: zwitschera.k@canary.example"} <= {hit.lower() for hit in before}
    assert len(files_in(folder)) == 3, "evidence, and an archive not fetched"
    member_id = life.membership.member_id
    hers = life.client()
    subject = subjects.of(member_id)
    erasing.ask(member_id=member_id, reason="asked", now=now, by="test")
    with django_capture_on_commit_callbacks(execute=True):
        assert erasing.erase_due(now=now + LATER) == 1
    assert {hit.partition(".")[0] for hit in canary.in_tables()} <= {"wallet_device"}, "her phones are told first"
    assert wallets.forget_ended(now=now + LATER + wallets.FAREWELL) == 1
    assert canary.in_tables() == []
    assert canary.in_files(folder) == [] and not files_in(folder)
    assert canary.in_redis() == []
    assert canary.in_texts(line_of(record) for record in caplog.records) == []
    assert list(auditing.differences(subject.holders)) == []
    assert erasing.erase_due(now=now + LATER) == 0
    with pytest.raises(acting.Erased):
        acting.reopen(membership_id=life.membership.pk, now=now + LATER, by="test")
    assert hers.get("/demo/me/").status_code in (302, 404)


def files_in(folder: Path) -> list[Path]:
    """What lies there, but for the mark that says whose folder it is."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != belonging.MARK]


def line_of(record: logging.LogRecord) -> str:
    """What production's log would say of it, its traceback too."""
    rendered = logs.configuration(debug=False)["formatters"]["json"]
    formatter = rendered["()"](
        processors=rendered["processors"], foreign_pre_chain=rendered["foreign_pre_chain"]
    )  # fmt: skip
    return str(formatter.format(record))
