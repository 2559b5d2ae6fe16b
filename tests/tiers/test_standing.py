"""Members on their program's ladder, by the real doors: receipts, returns, hands, and the passing of time."""

from __future__ import annotations

import pytest
from django.db import connection

from earning import standing as following
from tests.tiers import ladders
from tests.tiers.ladders import STATUS, adjust, bring_back, buy, close, course, holder, local, make, step, steps
from tiers import queries, standing
from tiers.models import TierFollowed, TierPlan, TierStanding

pytestmark = pytest.mark.django_db

AT_ONCE = {"policy": "deserved", "at": "at_once"}
L0_20_30 = {"window": "lifetime", "downgrade": AT_ONCE, "steps": steps(L0=0, L1=20, L2=30)}


def floor(here, at: str, code: str | None) -> None:
    standing.assign_floor(
        holder_id=holder(here), program=here.program, step=code, now=local(at), by="staff", reason="asked for"
    )


def test_s26_a_member_with_a_floor_still_climbs():
    here = make(**L0_20_30)
    floor(here, "2026-01-02T09:00", "L1")
    assert step(here, "2026-01-02T09:00") == "L1"
    buy(here, "2026-01-03T10:00", 40)
    assert step(here, "2026-01-03T10:00") == "L2"


def test_s27_down_to_the_floor_and_never_below():
    here = make(**L0_20_30)
    floor(here, "2026-01-02T09:00", "L1")
    buy(here, "2026-01-03T10:00", 40)
    adjust(here, "2026-02-01T10:00", -40)
    assert step(here, "2026-02-01T10:00") == "L1"
    assert course(here)[-1] == ("L1", "2026-02-01 10:00", "lost")


def test_s28_no_change_is_no_event():
    here = make(**L0_20_30)
    floor(here, "2026-01-02T09:00", "L1")
    before = course(here)
    buy(here, "2026-01-03T10:00", 21)
    assert course(here) == before == [("L1", "2026-01-02 09:00", "floor")]


def test_s28_down_to_what_is_deserved_above_the_floor():
    here = make(**L0_20_30)
    floor(here, "2026-01-02T09:00", "L0")
    buy(here, "2026-01-03T10:00", 40)
    adjust(here, "2026-02-01T10:00", -19)
    assert course(here) == [("L2", "2026-01-03 10:00", "reached"), ("L1", "2026-02-01 10:00", "lost")]


@pytest.mark.parametrize(
    ("downgrade", "hand", "expected"),
    [
        ({"policy": "none"}, None, "ten5"),
        (AT_ONCE, None, "ten"),
        (AT_ONCE, "ten5", "ten5"),
        ({"policy": "deserved", "at": {"every_days": 60}}, None, "ten5"),
    ],
)
def test_s29_modes_of_coming_down(downgrade, hand, expected):
    here = make(window="lifetime", downgrade=downgrade, steps=steps(zero=0, ten=10, ten5=15))
    buy(here, "2026-01-10T10:00", 15)
    if hand:
        floor(here, "2026-01-11T10:00", hand)
    adjust(here, "2026-02-10T10:00", -4)
    buy(here, "2026-02-11T10:00", "0.50")  # a new receipt, worth no point
    assert step(here, "2026-02-11T10:00") == expected
    if "every_days" in str(downgrade):
        assert step(here, "2026-03-11T23:59") == "ten5"
        assert step(here, "2026-03-12T00:00") == "ten", "the look does, whether a job has run or not"
        close(here, "2026-03-12T03:00")
        assert course(here)[-1] == ("ten", "2026-03-12 00:00", "lost")


@pytest.mark.parametrize(("active", "expected"), [(5, "L0"), (10, "L1"), (30, "L2")])
def test_s30_the_year_end_decides_on_the_points_of_the_year(active, expected):
    here = make(
        window="calendar_year", downgrade={"policy": "deserved"}, steps=steps(L0=0, L1=10, L2=30, L3=100)
    )  # fmt: skip
    buy(here, "2025-06-01T12:00", 10)
    assert step(here, "2025-06-01T12:00") == "L1"
    buy(here, "2025-07-01T12:00", 20)
    assert step(here, "2025-07-01T12:00") == "L2"
    buy(here, "2026-06-01T12:00", active)
    close(here, "2027-01-01T03:00")
    assert step(here, "2026-12-31T23:59") == "L2"
    assert step(here, "2027-01-01T00:00") == expected
    assert queries.progress(holder(here), here.program.pk, local("2027-01-01T00:00")).value == 0


@pytest.mark.parametrize(("policy", "expected"), [("one_step", "silver"), ("deserved", "bronze")])
def test_s31_one_step_or_the_deserved_one(policy, expected):
    here = make(downgrade={"policy": policy}, steps=steps(bronze=100, silver=200, gold=300))
    assert step(here, "2025-01-01T10:00") is None
    buy(here, "2026-05-01T12:00", 320)
    buy(here, "2027-03-01T12:00", 150)
    assert step(here, "2027-12-31T23:59") == "gold"
    assert step(here, "2028-01-01T00:00") == expected


def test_s31_pending_points_count_when_they_are_active_and_negative_ones_never():
    from programs.models import Currency

    here = make(window="lifetime", steps=steps(bronze=100, silver=200))
    Currency.objects.filter(program=here.program, code="status").update(pending={"days": 14})
    receipt = buy(here, "2026-05-01T12:00", 150)
    assert step(here, "2026-05-14T23:59") is None
    assert step(here, "2026-05-15T00:00") == "bronze"
    bring_back(here, "2026-05-10T12:00", receipt, 150)
    assert course(here) == [], "gone without a trace"
    assert step(here, "2026-06-01T00:00") is None


def test_s32_silver_for_thirty_days_whatever_is_spent():
    points = "- {code: points, trigger: purchase, earn: {per_amount: {points: 1}}}"
    here = make(
        rules=points, measure={"balance": "points"}, window={"days": 30}, downgrade={"policy": "deserved"},
        steps=steps(basic=0, bronze=100, silver=200),
    )  # fmt: skip
    buy(here, "2026-07-20T15:00", 250)
    adjust(here, "2026-07-25T11:00", -120, currency="points")
    assert course(here)[:2] == [("silver", "2026-07-20 15:00", "reached"), ("bronze", "2026-08-20 00:00", "lost")]
    assert step(here, "2026-08-19T23:59") == "silver"
    assert step(here, "2026-08-20T00:00") == "bronze"


def test_a_step_reached_by_goods_that_came_back_is_withdrawn_at_once():
    for_ever = {"policy": "none"}
    here = make(downgrade=for_ever, steps=steps(basic=0, silver=100, gold=300))
    buy(here, "2026-01-10T10:00", 120)
    receipt = buy(here, "2026-02-10T10:00", 250)
    assert step(here, "2026-02-11T10:00") == "gold"
    bring_back(here, "2026-02-12T10:00", receipt, 250)
    assert step(here, "2026-02-12T10:00") == "gold", "the pass of that minute takes it back"
    assert step(here, "2026-02-12T10:01") == "silver"
    assert step(here, "2026-02-11T10:00") == "gold", "what was enjoyed was"
    assert [row[0] for row in course(here)] == ["silver", "gold", "silver"]


def test_money_spent_counts_in_whole_units_less_what_came_back():
    here = make(rules="- {code: nothing, trigger: visit, earn: {fixed: 1}}", measure={"spend": True},
                window={"rolling_months": 12}, downgrade=AT_ONCE, steps=steps(basic=0, silver=(100, 80)))  # fmt: skip
    first = buy(here, "2026-01-10T10:00", "60.50")
    buy(here, "2026-02-10T10:00", "39.49")
    assert step(here, "2026-02-10T10:00") == "basic"
    told = queries.progress(holder(here), here.program.pk, local("2026-02-11T10:00"))
    assert (told.value, told.missing, told.next_step, told.unit.kind) == (99, 1, "silver", "spend")
    buy(here, "2026-02-12T10:00", "0.01")
    assert step(here, "2026-02-12T10:00") == "silver"
    assert step(here, "2027-01-10T23:59") == "silver"
    assert step(here, "2027-01-11T00:00") == "basic", "the first purchase has left the year: 39.50 is below 80"
    bring_back(here, "2026-03-01T10:00", first, "60.50")
    assert step(here, "2026-03-01T10:01") == "basic"


def test_visits_are_days_with_a_purchase_or_a_visit():
    here = make(measure={"visits": True}, window={"days": 30}, steps=steps(basic=0, regular=2))
    buy(here, "2026-01-10T10:00", 5)
    buy(here, "2026-01-10T18:00", 5)
    assert step(here, "2026-01-10T18:00") == "basic"
    buy(here, "2026-01-11T09:00", 5)
    assert step(here, "2026-01-11T09:00") == "regular"
    told = queries.progress(holder(here), here.program.pk, local("2026-01-12T10:00"))
    assert (told.value, told.next_step, told.kept_until) == (2, None, local("2026-02-11T00:00"))


def test_late_activity_lands_where_it_occurred_and_the_order_of_arrival_does_not_matter():
    here = make(steps=steps(basic=0, silver=100), members=("anna", "bo"))
    buy(here, "2026-03-01T10:00", 60)
    buy(here, "2026-05-01T10:00", 60)
    buy(here, "2026-04-01T10:00", 50, now=local("2026-06-01T10:00"))
    for at, amount in (("2026-03-01T10:00", 60), ("2026-04-01T10:00", 50), ("2026-05-01T10:00", 60)):
        buy(here, at, amount, member="bo")
    assert course(here) == course(here, "bo")
    assert course(here)[0] == ("silver", "2026-04-01 10:00", "reached")
    told_otherwise = TierStanding.objects.filter(holder_id=holder(here)).exclude(superseded_at=None)
    assert [(row.step, row.from_at) for row in told_otherwise] == [("silver", local("2026-05-01T10:00"))]


def test_a_step_given_at_a_moment_is_kept_and_lost_like_any_other():
    here = make(steps=steps(basic=0, silver=100))
    standing.reached(
        holder_id=holder(here), program=here.program, step="silver", at=local("2026-02-01T00:00"),
        now=local("2026-02-01T00:00"), by="test",
    )  # fmt: skip
    assert course(here) == [("silver", "2026-02-01 00:00", "given"), ("basic", "2027-01-01 00:00", "lost")]


def test_a_floor_that_is_taken_away_lets_the_next_window_decide():
    here = make(steps=steps(basic=0, silver=100))
    floor(here, "2026-02-01T09:00", "silver")
    assert course(here) == [("silver", "2026-02-01 09:00", "floor")], "no end in sight"
    floor(here, "2026-09-01T09:00", None)
    assert course(here)[-1] == ("basic", "2027-01-01 00:00", "lost")
    with pytest.raises(standing.UnknownStep):
        floor(here, "2026-09-02T09:00", "platinum")


def test_a_new_ladder_counts_as_if_it_had_always_held_from_its_own_moment_on():
    here = make(steps=steps(basic=0, silver=100))
    buy(here, "2026-02-01T10:00", 120)
    moment = local("2026-03-01T12:00")
    assert ladders.put(here, now=moment, steps=steps(basic=0, silver=50, gold=110))
    assert not ladders.put(here, now=moment, steps=steps(basic=0, silver=50, gold=110))
    assert close(here, "2026-03-01T12:00") == 1
    assert close(here, "2026-03-01T12:00") == 0, "whoever was followed is not followed again"
    assert step(here, "2026-02-28T10:00") == "silver"
    assert step(here, "2026-03-01T12:00") == "gold"
    assert course(here)[:2] == [("silver", "2026-02-01 10:00", "reached"), ("gold", "2026-03-01 12:00", "ladder")]


def test_the_nightly_pass_goes_on_where_it_was_cut_off(monkeypatch):
    names = tuple(f"m{number}" for number in range(5))
    here = make(steps=steps(basic=0, silver=100), members=names)
    for name in names:
        buy(here, "2026-02-01T10:00", 120, member=name)
    monkeypatch.setattr(following, "AT_ONCE", 2)
    real, calls = following.follow, []

    def cut_off(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(following, "follow", cut_off)
    with pytest.raises(KeyboardInterrupt):
        close(here, "2028-01-01T03:00")
    assert TierStanding.objects.filter(step="basic").count() == 2
    monkeypatch.setattr(following, "follow", real)
    assert close(here, "2028-01-01T03:00") == 3
    assert close(here, "2028-01-01T04:00") == 0
    assert TierStanding.objects.filter(step="basic", superseded_at=None).count() == 5
    assert not TierPlan.objects.exists()


def test_who_will_lose_a_step_is_known_in_advance():
    from datetime import timedelta

    here = make(steps=steps(basic=0, silver=100), members=("anna", "bo"))
    buy(here, "2025-02-01T10:00", 120)
    buy(here, "2026-02-01T10:00", 120, member="bo")
    falls = queries.falls(here.program.pk, local("2026-12-15T10:00"), timedelta(days=30))
    assert [(one.holder_id, one.at, one.step, one.to) for one in falls] == [
        (holder(here), local("2027-01-01T00:00"), "silver", "basic")
    ]


def test_following_twice_writes_nothing_the_second_time():
    here = make(steps=steps(basic=0, silver=100))
    buy(here, "2026-02-01T10:00", 120)
    before = list(TierStanding.objects.values_list()), list(TierPlan.objects.values_list())
    following.follow_holders(here.program.pk, [holder(here)], local("2026-02-02T10:00"))
    assert (list(TierStanding.objects.values_list()), list(TierPlan.objects.values_list())) == before
    assert TierFollowed.objects.get().at == local("2026-02-02T10:00")


def test_a_program_without_a_ladder_has_no_steps_and_keeps_no_rows():
    from tests.earning import world

    here = world.make(STATUS, now=local("2026-01-01T09:00"))
    buy(here, "2026-02-01T10:00", 120)
    assert step(here, "2026-02-01T10:00") is None
    assert queries.progress(holder(here), here.program.pk, local("2026-02-02T10:00")) is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tier_followed")
        assert cursor.fetchone() == (0,)


def test_the_nightly_task_writes_down_what_time_did_once_a_slot(monkeypatch):
    from earning import tasks
    from earning.models import JobRun

    here = make(steps=steps(basic=0, silver=100))
    buy(here, "2026-02-01T10:00", 120)
    monkeypatch.setattr(tasks.clock, "now", lambda: local("2028-01-01T03:05"))
    tasks.close_windows()
    tasks.close_windows()
    assert TierStanding.objects.get(step="basic").recorded_at == local("2028-01-01T03:05")
    assert JobRun.objects.get().state == "done"


def test_the_command_tells_who_is_about_to_fall_and_runs_the_pass():
    from io import StringIO

    from django.core.management import CommandError, call_command

    make(steps=steps(basic=0, silver=100))
    said = StringIO()
    call_command("tiers", "falls", "--program", "club", "--days", "400", stdout=said)
    call_command("tiers", "follow", "--program", "club", stdout=said)
    assert said.getvalue() == "0 will lose a step within 400 days\n1 followed\n"
    call_command("tiers", "floor", "--program", "club", "--member", "anna-0001", "--step", "silver", stdout=said)
    assert said.getvalue().endswith("anna-0001 does not fall below silver\n")
    with pytest.raises(CommandError, match="no step platinum"):
        call_command("tiers", "floor", "--program", "club", "--member", "anna-0001", "--step", "platinum")
    with pytest.raises(CommandError, match="no member nobody"):
        call_command("tiers", "floor", "--program", "club", "--member", "nobody")
    with pytest.raises(CommandError, match="no program nobody"):
        call_command("tiers", "falls", "--program", "nobody")
