"""Opinions: whose, when, how often; and the score that comes of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail

from care import calendars, opinions, outcomes, timeline
from care.models import Case, Opinion
from care.outcomes import Outcome
from care.refusals import OutOfTime, ReceiptUnknown
from identity.models import User
from members.models import Login
from members.policies import OwnAccount
from messaging import delivery
from tests.care import past
from tests.care.conftest import NOW, person
from tests.ledger.test_rivals import at_once
from tests.web import lives
from tests.web.lives import Life, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille(program: Any) -> Life:
    return member(program, NOW - timedelta(days=60))


def give(life: Life, rating: int, activity: int, **fields: Any) -> Opinion:
    values: dict[str, Any] = {"words": "", "channel": "web", "now": NOW, "by": "member:x"} | fields
    return opinions.give(membership=life.membership, rating=rating, activity_id=activity, **values)


def test_one_receipt_one_opinion_and_another_members_receipt_none(program: Any, camille: Life) -> None:
    sale = lives.receipt(camille, NOW - timedelta(days=1))
    hugo = member(program, NOW, email="hugo@example.com")
    give(camille, 10, sale)
    give(camille, 7, sale, now=NOW + timedelta(days=14))
    with pytest.raises(OutOfTime):
        give(camille, 8, sale, now=NOW + timedelta(days=14, seconds=1))
    with pytest.raises(ReceiptUnknown):
        give(hugo, 10, sale)
    with pytest.raises(opinions.NoRating):
        give(camille, 11, sale)
    assert [(row.rating, row.case_id) for row in Opinion.objects.all()] == [(7, None)]


@pytest.mark.parametrize(("rating", "opens"), [(6, True), (7, False)])
def test_a_low_rating_opens_one_case_however_often_it_changes(camille: Life, rating: int, opens: bool) -> None:
    sale = lives.receipt(camille, NOW - timedelta(days=1))
    give(camille, rating, sale, words="Hm")
    give(camille, max(0, rating - (1 if opens else 0)), sale, now=NOW + timedelta(hours=1))
    assert Case.objects.count() == (1 if opens else 0)
    if opens:
        assert (Case.objects.get().type, Case.objects.get().receipt) == ("opinion", f"T{sale}")


@pytest.mark.parametrize("by_its_case", [False, True])
def test_one_answer_ends_the_opinion_and_the_case_it_opened(camille: Life, sofia: User, by_its_case: bool) -> None:
    row, words = give(camille, 3, lives.receipt(camille, NOW - timedelta(days=1)), words="Slow"), "We hired."
    assert row.case is not None
    if by_its_case:
        outcomes.settle(case_id=row.case.pk, outcome=Outcome("answer", words=words), user=sofia, now=NOW)
    else:
        opinions.answer(opinion_id=row.pk, words=words, now=NOW, by=f"user:{sofia.pk}")
    row = Opinion.objects.select_related("case").get()
    assert row.case is not None
    assert (row.state, row.answer, row.case.state, row.case.outcome) == ("answered", words, "solved", "answer")
    delivery.deliver_due(clock=lambda: NOW)
    told = [letter for letter in mail.outbox if letter.subject == "Votre avis"]
    assert len(told) == 2 and "Merci pour votre avis" in told[0].body and words in told[1].body


def test_staff_do_not_answer_their_own(camille: Life, sofia: User) -> None:
    row = give(camille, 9, lives.receipt(camille, NOW - timedelta(days=1)))
    Login.objects.filter(member_id=camille.membership.member_id).update(user=sofia)
    for act in (
        lambda: opinions.answer(opinion_id=row.pk, words="x", now=NOW, by=f"user:{sofia.pk}"),
        lambda: opinions.close(opinion_id=row.pk, now=NOW, by=f"user:{sofia.pk}"),
        lambda: give(camille, 9, row.activity_id or 0, by=f"user:{sofia.pk}"),
    ):
        with pytest.raises(OwnAccount):
            act()


@pytest.mark.parametrize(
    ("counts", "nps"),
    [((0, 0, 0), None), ((1, 1, 0), 100), ((1, 0, 1), -100), ((3, 2, 1), 33), ((3, 1, 2), -33), ((8, 1, 0), 13)],
)
def test_the_score_is_promoters_less_detractors(counts: tuple[int, int, int], nps: int | None) -> None:
    assert opinions.nps(*counts) == nps


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_is_one_opinion(program: Any) -> None:
    life = member(program, NOW - timedelta(days=60))
    sale = lives.receipt(life, NOW - timedelta(days=1))
    answers = at_once([lambda rating=rating: give(life, rating, sale) for rating in (8, 9)] * 4)
    assert {type(answer).__name__ for answer in answers} == {"Opinion"}, answers
    assert Opinion.objects.count() == 1


@pytest.mark.parametrize(
    ("opened", "days", "market", "due"),
    [
        (date(2026, 11, 20), 1, "FR", date(2026, 11, 23)),  # over a weekend
        (date(2026, 12, 24), 1, "FR", date(2026, 12, 28)),  # and Christmas
        (date(2026, 11, 25), 1, "US", date(2026, 11, 27)),  # Thanksgiving is the United States'
        (date(2026, 11, 25), 1, "FR", date(2026, 11, 26)),
        (date(2026, 11, 21), 0, "FR", date(2026, 11, 23)),
        (date(2026, 11, 20), 5, "NORTH", date(2026, 11, 27)),  # a market that is no country knows its weekends
    ],
)
def test_a_case_is_due_in_working_days_of_its_market(opened: date, days: int, market: str, due: date) -> None:
    assert calendars.due_on(opened, days, market) == due


def test_the_timeline_tells_what_each_person_may_read_in_a_fixed_number_of_statements(
    camille: Life, sofia: User, django_assert_num_queries: Any
) -> None:
    bought = lives.receipt(camille, NOW - timedelta(days=1))
    past.live(camille, bought, person("call_centre", "marc"), NOW)
    told = timeline.of_member(camille.membership, sofia, now=NOW)
    assert [entry.at for entry in told] == sorted((entry.at for entry in told), reverse=True)
    assert {"case", "star", "mail", "send", "card", "user", "adjust"} <= {entry.icon for entry in told}
    marketing = timeline.of_member(camille.membership, person("marketing", "max"), now=NOW)
    assert not [entry for entry in marketing if entry.action in ("cases.see", "points.see")]
    assert [entry for entry in marketing if entry.action == "opinions.see"]
    before = _statements(camille, sofia)
    for rating in range(8):
        give(camille, 9, lives.receipt(camille, NOW - timedelta(days=2, hours=rating)))
    assert _statements(camille, sofia) == before


def _statements(life: Life, user: User) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as told:
        timeline.of_member(life.membership, user, now=NOW)
    return len(told)
