"""What a playbook says of cases, read, kept and exported as it was written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from care import terms
from playbooks import canonical, checking, exporting, importing, reading
from playbooks.problems import InvalidPlaybook
from programs import queries as programs
from tests.care.conftest import NOW
from tests.playbooks.test_importing import CLUB

SAID = """{late_lives_days: 30, care: {claim_days: 60, due_days: {lost_card: 0}, asks: {every_days: 60},
    reasons: {birthday: {en: Birthday, fr: Anniversaire}}, ceilings: {call_centre: {act: "15.50", day: "60"}}}}"""


def check(text: str) -> checking.Checked:
    return checking.check(reading.read(text.encode(), "club.yaml"))


@pytest.mark.django_db
def test_a_playbook_says_how_cases_are_worked_and_exports_it_again() -> None:
    assert "{late_lives_days: 30}" in CLUB
    checked = check(CLUB.replace("{late_lives_days: 30}", SAID))
    importing.import_checked(checked, now=NOW, by="test")
    program = programs.program_by_code(checked.playbook.program.code)
    assert program is not None
    told = terms.of(program.pk)
    assert (told.claim_days, told.due_days["lost_card"], told.due_days["other"]) == (60, 0, 10)
    assert list(told.reasons) == ["birthday"]
    assert told.asks == terms.Asks(after_hours=24, every_days=60)
    assert told.ceilings["call_centre"] == terms.Ceiling(Decimal("15.5"), Decimal(60))
    assert told.ceilings["call_centre"].minor("EUR") == (1550, 6000)
    assert told.ceilings["administrator"] == terms.CEILINGS["administrator"]
    assert canonical.of_file(check(exporting.export(program, now=NOW))) == canonical.of_file(checked)


@pytest.mark.parametrize(
    "wrong",
    ["{due_days: {nothing: 1}}", "{ceilings: {auditor: {act: 1, day: 1}}}", "{reasons: {}}", "{asks: {every_days: 0}}"],
)
def test_what_no_program_can_mean_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidPlaybook):
        check(CLUB.replace("{late_lives_days: 30}", f"{{care: {wrong}}}"))
