"""A program to train on: copied from a playbook, marked on every screen, in no report, writing to staff alone."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from identity import staff
from identity.rights import EVERYWHERE
from members import enrolment
from messaging import delivery, outbox
from messaging.models import Outgoing
from playbooks import checking, exporting, importing, practising, reading
from playbooks.problems import InvalidPlaybook
from programs.models import Program

pytestmark = pytest.mark.django_db
CLUB = Path(__file__).parent.parent / "browser" / "club.yaml"


@pytest.fixture
def club(db: None, now: datetime) -> Program:
    importing.import_file(CLUB, now=now, by="test")
    return Program.objects.get(code="club")


@pytest.fixture
def practice(club: Program, now: datetime) -> Program:
    practising.copy(club, code="club-practice", now=now, by="test")
    return Program.objects.get(code="club-practice")


def test_the_copy_has_the_rules_and_nobody_of_the_people(club: Program, practice: Program, now: datetime) -> None:
    assert practice.population != club.population and practice.settings["practice"] is True
    assert practice.names["fr"].endswith("(entraînement)")
    ours, its = (practising.playbook_of(one, code="x", now=now) for one in (club, practice))
    assert its["rules"] == ours["rules"] and its["currencies"] == ours["currencies"]
    assert not practice.memberships.exists() and not practice.sources.exists()


def test_it_is_renewed_and_never_takes_the_place_of_a_real_one(club: Program, practice: Program, now: datetime) -> None:
    again = practising.copy(club, code="club-practice", now=now, by="test")
    assert not again.changes and not any(version.published.changed for version in again.versions)
    with pytest.raises(practising.CodeTaken):
        practising.copy(practice, code="club", now=now, by="test")
    said = StringIO()
    call_command("practice", "club", "--code", "club-two", stdout=said)
    assert "club-two is ready to train on" in said.getvalue()
    with pytest.raises(CommandError, match="no program"):
        call_command("practice", "nowhere")


def imported(program: Program, now: datetime, *, practises: bool, **other: str) -> None:
    """The program's own playbook once more, with another mark, or another code."""
    tree = {"version": 1, **exporting.of_program(program, now=now)}
    tree["settings"] = {**tree.get("settings", {}), "practice": practises}
    tree["program"] = {**tree["program"], "population": program.population.code, **other}
    read = reading.read(exporting.written(tree).encode(), "x.yaml")
    importing.import_checked(checking.check(read), now=now, by="test")


@pytest.mark.parametrize("practises", [True, False])
def test_with_members_neither_becomes_the_other_nor_do_they_share_people(
    club: Program, practice: Program, now: datetime, practises: bool
) -> None:
    program = practice if practises else club
    enrolment.enrol(program=program, channel="store", now=now, by="t", first_name="C", market_code="FR")
    with pytest.raises(InvalidPlaybook, match="the program has members"):
        imported(program, now, practises=not practises)
    with pytest.raises(InvalidPlaybook, match="two populations"):
        imported(program, now, practises=not practises, code="third")
    program.refresh_from_db()
    assert bool(program.settings.get("practice")) is practises


def test_every_screen_says_so_and_those_of_the_real_one_do_not(practice: Program, now: datetime) -> None:
    user = staff.create_staff(
        "sofia@example.com", "Sofia", [("administrator", EVERYWHERE), ("marketing", EVERYWHERE)], now=now, by="test",
        admin=True, superuser=True,
    )  # fmt: skip
    client = Client(headers={"accept-language": "fr"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    said = "Entraînement : rien ici n’est réel"
    for code, marked in (("club-practice", True), ("club", False)):
        client.post("/desk/program/", {"program": code})
        for path in ("/desk/", "/desk/enrol/", f"/{code}/", f"/{code}/join/", f"/admin/studio/{code}/"):
            answer = client.get(path, follow=True)
            assert answer.status_code == 200, path
            assert (said in answer.content.decode()) is marked, path


def test_it_stands_in_no_report(practice: Program) -> None:
    with pytest.raises(CommandError, match="stands in no report"):
        call_command("summary", program="club-practice")


def test_it_writes_to_staff_alone(practice: Program, now: datetime) -> None:
    staff.create_staff("sofia@example.com", "Sofia", [("store_staff", _s1(practice))], now=now, by="test")
    for address in ("camille@example.com", "sofia@example.com"):
        member = enrolment.enrol(
            program=practice, channel="store", now=now, by="t", first_name="C", email=address, market_code="FR"
        )
        outbox.owe(membership_id=member.pk, kind="card_blocked", values={}, now=now, key=address)
    sent = {}
    for message in Outgoing.objects.filter(kind="card_blocked"):
        try:
            sent[message.key] = delivery.whom(message, delivery.kinds.kind_of(message.kind)).address
        except delivery.NotWanted as why:
            sent[message.key] = str(why)
    assert sent == {"camille@example.com": "a practice program", "sofia@example.com": "sofia@example.com"}


def _s1(program: Program) -> Any:
    from identity.rights import Scope

    return Scope(store="atlantis")
