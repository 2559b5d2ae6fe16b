"""What is missing to the next step is said in the unit that counts, in both languages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from tests.web import lives
from tiers import hooks, ladders
from tiers.terms import Tiers
from web import climbs, context, pots

pytestmark = pytest.mark.django_db
STEPS = [
    {"code": "basic", "name": {"en": "Basic", "fr": "Base"}, "from": 0},
    {"code": "gold", "name": {"en": "Gold", "fr": "Or"}, "from": 1500},
]


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("measure", "counted", "english", "french"),
    [
        ({"currency": "points"}, 250, "1 250 points", "1 250 points"),  # numbers are those of her market
        ({"balance": "points"}, 1_498, "2 points", "2 points"),
        ({"spend": True}, 300, "1 200 €", "1 200 €"),
        ({"visits": True}, 1_498, "2 visits", "2 visites"),
        ({"visits": True}, 1_499, "1 visit", "1 visite"),
    ],
    ids=str,
)
def test_the_missing_amount_is_written_in_its_unit(
    program: Any, monkeypatch: Any, measure: dict[str, Any], counted: int, english: str, french: str
) -> None:
    now = datetime.now(UTC)
    document = Tiers.model_validate({"measure": measure, "steps": STEPS})
    ladders.put(program=program, document=document, now=now - timedelta(days=9), by="test")
    monkeypatch.setattr(hooks, "measure", lambda *_: counted)
    camille = lives.member(program, now)
    for language, amount, member, staff in (
        ("en", english, "{} more and you are Gold", "{} more for Gold"),
        ("fr", french, "Plus que {} pour passer Or", "Encore {} pour Or"),
    ):
        with translation.override(language):
            formats = context.formats_of(now, market="FR", zone="Europe/Paris", currency="EUR")
            climb = climbs.climb_of(camille.holder_id, program.pk, pots.units_of(program.pk), formats, now)
            assert climb is not None
            assert plain(climb.sentence) == member.format(amount)
            assert plain(climb.report) == staff.format(amount)
