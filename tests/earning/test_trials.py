"""A draft tried on what members did: the numbers are those that scoring would post, and nothing is posted."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta

import pytest

from earning import journey, trial_frames, trials
from earning.models import Award
from rules_engine import queries, rulebooks
from rules_engine.core.rulebook import Rulebook
from tests.tiers import ladders
from tests.web import lives

pytestmark = pytest.mark.django_db(transaction=True)
BASE = {"code": "base", "trigger": "purchase", "scope": "line", "earn": {"per_amount": {"points": 1}}}
GARDEN = {
    "code": "garden", "trigger": "purchase", "when": {"fact": "line.category", "starts_with": "Jardin"},
    "earn": {"multiply": 3}, "valid": {"from": "2030-01-01"},
    "limits": [{"max": 150, "per": "month"}],
}  # fmt: skip


def rulebook(*rules):
    return Rulebook.from_document({"currencies": [{"code": "points"}], "rules": list(rules)})


@pytest.fixture
def year(program):
    """Two members: Camille buys for 100 + 20 in the garden and 30 elsewhere, Paul for 10 in the garden."""
    now = datetime.now(UTC).replace(microsecond=0)
    rulebooks.publish(program=program, content=rulebook(BASE), valid_from=None, now=now - timedelta(days=90), by="t")
    camille = lives.member(program, now - timedelta(days=80))
    paul = lives.member(program, now - timedelta(days=80), email="paul@example.com", first_name="Paul")
    lives.receipt(camille, now - timedelta(days=3), nets=[10000, 2000, 3000], points=[])
    lives.receipt(paul, now - timedelta(days=2), nets=[1000], points=[])
    return now


def tried(program, now, *rules):
    day = now.date()
    return trials.try_out(
        program=program, draft=rulebook(*rules), from_on=day - timedelta(days=9), until_on=day, now=now
    )  # fmt: skip


def test_a_new_rule_is_counted_with_its_limit_and_its_dates_set_aside(program, year):
    before = Award.objects.count()
    trial = tried(program, year, BASE, GARDEN)
    assert trial.receipts == 2
    assert trial.lines == 4
    by_rule = {one.code: (one.before, one.after, one.changed) for one in trial.rules}
    assert by_rule == {"garden": (0, 170, True), "base": (160, 160, False)}, "150 of 240 for Camille, 20 for Paul"
    assert (trial.touched, trial.more, trial.less) == (2, 2, 0)
    assert [one.more for one in trial.winners] == [150, 20]
    assert sum(one.after for one in trial.distribution) == 2
    assert {one.more for one in trial.samples} == {150, 20}
    assert Award.objects.count() == before


def test_a_rule_left_out_takes_from_everybody(program, year):
    trial = tried(program, year, GARDEN)
    assert trial.less == 2
    assert [one.more for one in trial.losers] == [-150, -10]


def test_the_same_rules_change_nothing(program, year):
    trial = tried(program, year, BASE)
    assert trial.touched == 0
    assert not trial.samples


def test_frames_are_read_again_when_something_landed(program, year):
    assert tried(program, year, BASE).receipts == 2
    claire = lives.member(program, year - timedelta(days=80), email="claire@example.com", first_name="Claire")
    lives.receipt(claire, year - timedelta(days=1), nets=[500], points=[])
    assert tried(program, year, BASE).receipts == 3


def test_an_empty_period_says_so(program, year):
    day = year.date() - timedelta(days=60)
    with pytest.raises(trial_frames.NothingHappened):
        trials.try_out(program=program, draft=rulebook(BASE), from_on=day, until_on=day, now=year)


def test_what_was_tried_is_what_is_posted(program, year):
    garden = {key: value for key, value in GARDEN.items() if key != "valid"}
    trial = tried(program, year, BASE, garden)
    rulebooks.publish(
        program=program, content=rulebook(BASE, garden), valid_from=year - timedelta(days=30), now=year, by="t"
    )
    from activity.models import Attribution
    from earning.models import Mark

    for row in Attribution.objects.filter(program_id=program.pk):
        Mark.objects.create(
            holder_id=row.holder_id, activity_id=row.activity_id, occurred_on=row.occurred_on,
            bucket=row.holder_id % 64, reason="test", at=year,
        )  # fmt: skip
    while journey.work(now=year) is not None:
        pass
    codes = queries.rule_codes(program.pk)
    posted: dict[str, int] = {}
    for award in Award.objects.all():
        posted[codes[award.rule_id]] = posted.get(codes[award.rule_id], 0) + award.posted
    assert posted == {one.code: one.after for one in trial.rules}


SILVER = {
    "code": "silver", "trigger": "purchase", "scope": "receipt",
    "when": {"fact": "member.tier", "eq": "silver"}, "earn": {"fixed": 10},
}  # fmt: skip


def test_members_stand_on_the_step_of_the_moment():
    """Anna becomes silver by her first receipt: the second alone would have had what silver members have."""
    club = ladders.make(steps=ladders.steps(silver=100))
    ladders.buy(club, "2025-02-01T10:00", 120)
    ladders.buy(club, "2025-02-03T10:00", 50)
    day = datetime(2025, 2, 1, tzinfo=UTC)
    draft = rulebook(SILVER)
    trial = trials.try_out(
        program=club.program, draft=draft, from_on=day.date(), until_on=day.date() + timedelta(days=5),
        now=day + timedelta(days=30),
    )  # fmt: skip
    assert {one.code: one.after for one in trial.rules}["silver"] == 10


def test_where_no_rules_are_in_force_everything_is_new(program, year):
    rulebooks.withdraw(
        rulebook_id=queries.rulebooks_for(program.pk)[0].id, now=year, by="t", reason="to begin anew"
    )  # fmt: skip
    trial = tried(program, year + timedelta(seconds=1), BASE)
    assert [(one.before, one.after) for one in trial.rules] == [(0, 160)]


def test_a_period_too_large_to_keep_is_refused(program, year, monkeypatch):
    monkeypatch.setattr(trial_frames, "MOST_LINES", 3)
    monkeypatch.setattr(trial_frames, "_periods", OrderedDict())  # another test's year may be kept
    with pytest.raises(trial_frames.TooMuch, match="4 lines"):
        tried(program, year, BASE)
