"""A floor under a member's step, given and lifted at the desk."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from identity.rights import Scope
from tests.backoffice.test_members import text_of
from tests.web.lives import Life
from tiers import ladders, queries
from tiers.models import TierAssignment
from tiers.terms import Tiers

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]
LADDER = {
    "measure": {"currency": "points"},
    "steps": [
        {"code": "bronze", "name": {"en": "Bronze", "fr": "Bronze"}, "from": 0},
        {"code": "gold", "name": {"en": "Gold", "fr": "Or"}, "from": 500},
    ],
}


@pytest.fixture
def there(program: Any, camille: Life) -> str:
    """The address of Camille's page, in a program with a ladder."""
    document = Tiers.model_validate(LADDER)
    ladders.put(program=program, document=document, now=datetime.now(UTC) - timedelta(days=9), by="test")
    return f"/desk/members/{camille.membership.public_id}/"


def step_of(life: Life) -> str | None:
    return queries.step_of(life.holder_id, life.program.pk, datetime.now(UTC))


def test_a_floor_is_given_with_a_reason_shown_and_lifted(desk: Desk, camille: Life, there: str) -> None:
    client = desk("call_centre", language="fr")
    assert "Donner un palier minimum" in text_of(client, there)
    assert client.post(f"{there}floor/", {"step": "gold", "reason": "Geste après la panne"}).status_code == 302
    assert step_of(camille) == "gold"
    page = text_of(client, there)
    assert "Désormais jamais sous Or." in page and "Jamais sous Or." in page and "Changer le palier minimum" in page
    assert "Geste après la panne" in text_of(client, f"{there}floor/")
    given = TierAssignment.objects.get()
    assert (given.step, given.reason, given.by[:5]) == ("gold", "Geste après la panne", "user:")
    assert AuditEvent.objects.get(action="tiers.floor").actor == given.by
    client.post(f"{there}floor/", {"step": "-", "reason": "Fin du geste"})
    assert "Jamais sous" not in text_of(client, there)
    assert queries.floor_of(camille.holder_id, camille.program.pk, datetime.now(UTC)) is None
    assert [row.step for row in TierAssignment.objects.order_by("pk")] == ["gold", None]


@pytest.mark.parametrize(
    "said", [{"step": "gold", "reason": " "}, {"step": "platinum", "reason": "x"}, {"reason": "x"}]
)
def test_without_a_reason_or_with_an_unknown_step_nothing_happens(desk: Desk, there: str, said: dict[str, str]) -> None:
    assert desk("call_centre").post(f"{there}floor/", said).status_code == 422
    assert not TierAssignment.objects.exists()


@pytest.mark.parametrize(
    ("role", "scope", "may"),
    [
        ("store_manager", Scope(store="s1"), True),
        ("store_manager", Scope(store="s2"), False),
        ("store_staff", Scope(store="s1"), False),
        ("auditor", Scope(), False),
        ("marketing", Scope(), False),
        ("administrator", Scope(), True),
    ],
)
def test_who_may_give_it_and_where(desk: Desk, there: str, role: str, scope: Scope, may: bool) -> None:
    client = desk(role, scope)
    answers = {client.get(f"{there}floor/").status_code}
    answers.add(client.post(f"{there}floor/", {"step": "gold", "reason": "x"}).status_code)
    assert answers == ({200, 302} if may else {404})
    assert TierAssignment.objects.exists() == may
    if client.get(there).status_code == 200:
        assert (f"{there}floor/" in client.get(there).content.decode()) == may


def test_a_forged_post_is_refused(desk: Desk, there: str) -> None:
    client = desk("call_centre")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(f"{there}floor/", {"step": "gold", "reason": "x"}).status_code == 403
    assert not TierAssignment.objects.exists()


def test_a_program_without_a_ladder_has_no_floors(desk: Desk, camille: Life) -> None:
    address = f"/desk/members/{camille.membership.public_id}/floor/"
    assert desk("call_centre").get(address).status_code == 404
