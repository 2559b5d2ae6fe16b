"""The pure course over a ladder: the numbers of other systems' tests, and laws that hold for any history."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiers.bookmarks import Bookmark
from tiers.course import Change, Given, course, place_before, settled, value_at, walked
from tiers.ladder import NOWHERE, Home, Ladder

PARIS = Home("Europe/Paris", date(2026, 1, 1))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


def stood(ladder: Ladder, changes, gifts=(), home=PARIS) -> list[tuple[int, str, str]]:
    """(place, local moment, reason), settled."""
    stands = settled(course(ladder, changes, gifts, home), ladder.reached(0))
    zone = ZoneInfo(home.zone)
    return [(one.place, f"{one.from_at.astimezone(zone):%Y-%m-%d %H:%M}", one.reason) for one in stands]


def place_at(ladder: Ladder, moment: datetime, changes, gifts=()) -> int:
    stands = course(ladder, changes, gifts, PARIS)
    return place_before(stands, ladder.reached(0), moment, 2**62)


L0_20_30 = Ladder((0, 20, 30), (0, 20, 30), window="lifetime", policy="deserved", when="at_once")
FIRST, LATER = at("2026-01-10T10:00"), at("2026-02-10T10:00")


def test_s26_a_floor_is_no_ceiling():
    assert place_at(L0_20_30, LATER, [Change(LATER, 40, 1)], [Given(FIRST, "floor", 1)]) == 2


def test_s27_down_to_the_floor_and_never_below():
    spent = [Change(FIRST, 40, 1), Change(LATER, -40)]
    assert stood(L0_20_30, spent, [Given(FIRST, "floor", 1)]) == [
        (2, "2026-01-10 10:00", "reached"),
        (1, "2026-02-10 10:00", "lost"),
    ]


def test_s28_what_is_deserved_already_is_no_event():
    assert stood(L0_20_30, [Change(LATER, 21, 1)], [Given(FIRST, "floor", 1)]) == [(1, "2026-01-10 10:00", "floor")]
    down = [Change(FIRST, 40, 1), Change(LATER, -19)]
    assert stood(L0_20_30, down, [Given(FIRST, "floor", 0)])[-1] == (1, "2026-02-10 10:00", "lost")


LEVELS_10_15 = (0, 10, 15)
DROPS_TO_11 = [Change(FIRST, 15, 1), Change(LATER, -4)]


def test_s29_modes_of_coming_down():
    def ladder(**how):
        return Ladder(LEVELS_10_15, LEVELS_10_15, window="lifetime", **how)

    never = ladder(policy="none")
    assert place_at(never, LATER, DROPS_TO_11) == 2
    automatic = ladder(policy="deserved", when="at_once")
    assert place_at(automatic, LATER, DROPS_TO_11) == 1
    assert place_at(automatic, LATER, DROPS_TO_11, [Given(FIRST, "floor", 2)]) == 2, "assigned by hand"
    periodic = ladder(policy="deserved", when="every", every_days=60)
    with_receipt = [*DROPS_TO_11, Change(LATER + timedelta(days=1), 0, 3)]
    assert stood(periodic, with_receipt) == [
        (2, "2026-01-10 10:00", "reached"),
        (1, "2026-03-12 00:00", "lost"),  # 10 January and 60 days, the whole of the last one
    ]


@pytest.mark.parametrize(("active", "expected"), [(5, 0), (10, 1), (30, 2)])
def test_s30_the_end_of_the_year_decides_on_what_the_year_gave(active, expected):
    ladder = Ladder((0, 10, 30, 100), (0, 10, 30, 100), window="calendar_year", policy="deserved", when="window_end")
    last_year = [Change(at("2025-06-01T12:00"), 10, 1), Change(at("2025-07-01T12:00"), 20, 2)]
    assert [one[0] for one in stood(ladder, last_year)][:2] == [1, 2]
    changes = [*last_year, Change(at("2026-06-01T12:00"), active, 3)]
    new_year = at("2027-01-01T00:00")
    assert place_at(ladder, new_year - timedelta(seconds=1), changes) == 2
    assert place_at(ladder, new_year, changes) == expected
    assert value_at(ladder, changes, PARIS, new_year) == 0


def test_s31_one_step_down_or_to_the_deserved_step():
    bronze = (100, 200, 300)
    changes = [Change(at("2026-05-01T12:00"), 320, 1), Change(at("2027-03-01T12:00"), 100, 2)]
    end = at("2028-01-01T00:00")
    for policy, expected in (("one_step", 1), ("deserved", 0)):
        ladder = Ladder(bronze, bronze, window="calendar_year", policy=policy, when="window_end")
        assert ladder.reached(99) == NOWHERE
        assert place_at(ladder, end - timedelta(seconds=1), changes) == 2
        assert place_at(ladder, end, changes) == expected
        assert place_at(ladder, at("2031-01-01T00:00"), changes) == NOWHERE


def test_s31_pending_and_negative_points_do_not_count():
    ladder = Ladder((100, 200), (100, 200), window="lifetime", policy="deserved", when="at_once")
    matures = at("2026-03-01T00:00")
    assert place_at(ladder, matures - timedelta(seconds=1), [Change(matures, 150, 1)]) == NOWHERE
    assert place_at(ladder, matures, [Change(matures, 150, 1)]) == 0
    assert place_at(ladder, matures, [Change(FIRST, -500)]) == NOWHERE


def test_s32_a_step_of_thirty_days_lasts_through_them():
    ladder = Ladder(
        (0, 100, 200), (0, 100, 200), window="days", length=30, policy="deserved", when="window_end",
        counts_balance=True,
    )  # fmt: skip
    changes = [Change(at("2026-07-20T15:00"), 200, 1), Change(at("2026-07-25T11:00"), -100)]
    assert stood(ladder, changes) == [(2, "2026-07-20 15:00", "reached"), (1, "2026-08-20 00:00", "lost")]


def test_grace_puts_a_fall_off_and_what_comes_meanwhile_counts():
    ladder = Ladder((0, 100), (0, 80), window="calendar_year", grace_months=2)
    bought = [Change(at("2026-05-01T12:00"), 100, 1)]
    assert stood(ladder, bought)[-1] == (0, "2028-03-01 00:00", "lost")
    more = [*bought, Change(at("2028-02-01T12:00"), 80, 2)]
    assert stood(ladder, more)[-1] == (0, "2030-03-01 00:00", "lost")


def test_a_member_year_ends_on_its_own_day():
    ladder = Ladder((0, 100), (0, 100), window="anniversary")
    home = Home("Europe/Paris", date(2024, 2, 29))
    assert stood(ladder, [Change(at("2026-02-27T12:00"), 100, 1)], home=home)[-1] == (0, "2027-02-28 00:00", "lost")


def test_a_rolling_year_lives_through_its_last_day():
    ladder = Ladder((0, 100), (0, 100), window="months", length=12, policy="deserved", when="at_once")
    assert stood(ladder, [Change(at("2026-03-15T12:00"), 100, 1)]) == [
        (1, "2026-03-15 12:00", "reached"),
        (0, "2027-03-16 00:00", "lost"),
    ]


def test_buying_and_returning_does_not_make_gold():
    for policy, when in (("none", "window_end"), ("one_step", "window_end"), ("deserved", "at_once")):
        ladder = Ladder((0, 100, 300), (0, 80, 250), window="calendar_year", policy=policy, when=when)
        changes = [Change(FIRST, 90, 1), Change(LATER, 300, 2), Change(at("2026-02-12T10:00"), 300, 2, undoes=True)]
        assert [one[0] for one in stood(ladder, changes)][:2] == [2, 0], (policy, when)


def test_what_comes_back_before_it_counts_leaves_no_trace():
    ladder = Ladder((0, 100), (0, 100), window="lifetime")
    changes = [Change(LATER, 100, 1), Change(FIRST, 60, 1, undoes=True)]
    assert stood(ladder, changes) == []
    assert value_at(ladder, changes, PARIS, LATER) == 40


def test_a_return_lowers_the_year_of_its_purchase():
    ladder = Ladder((0, 100), (0, 100), window="calendar_year")
    december, january = at("2026-12-20T12:00"), at("2027-01-10T12:00")
    changes = [Change(december, 100, 1), Change(january, 100, 1, undoes=True), Change(january, 90, 2)]
    assert stood(ladder, changes) == [(1, "2026-12-20 12:00", "reached"), (0, "2027-01-10 12:00", "returned")]
    assert value_at(ladder, changes, PARIS, january) == 90


def test_one_step_at_once_is_one_step_a_day():
    ladder = Ladder((0, 10, 20, 30), (0, 10, 20, 30), window="lifetime", policy="one_step", when="at_once")
    assert stood(ladder, [Change(FIRST, 30, 1), Change(LATER, -30)]) == [
        (3, "2026-01-10 10:00", "reached"),
        (2, "2026-02-10 10:00", "lost"),
        (1, "2026-02-11 00:00", "lost"),
        (0, "2026-02-12 00:00", "lost"),
    ]


MOMENTS = st.integers(0, 900 * 48).map(lambda halves: at("2026-01-01T00:00") + timedelta(minutes=30 * halves))


@st.composite
def ladders(draw):
    reach = tuple(sorted(draw(st.sets(st.integers(0, 60), min_size=1, max_size=5))))
    return Ladder(
        reach,
        tuple(draw(st.integers(0, value)) for value in reach),
        window=draw(st.sampled_from(["calendar_year", "anniversary", "lifetime", "months", "days"])),
        length=draw(st.integers(1, 15)),
        policy=draw(st.sampled_from(["none", "one_step", "deserved"])),
        when=draw(st.sampled_from(["at_once", "window_end", "every"])),
        every_days=draw(st.integers(1, 40)),
        grace_months=draw(st.integers(0, 14)),
        counts_balance=draw(st.booleans()),
    )


@st.composite
def histories(draw, *, returns: bool = True):
    """Gains with keys of their own, some undone later in whole or part, some plain losses."""
    changes = []
    for key in range(1, draw(st.integers(0, 12)) + 1):
        gain = Change(draw(MOMENTS), draw(st.integers(1, 40)), key)
        changes.append(gain)
        if returns and draw(st.booleans()):
            later = gain.at + timedelta(days=draw(st.integers(0, 200)))
            changes.append(Change(later, draw(st.integers(1, gain.amount)), key, undoes=True))
        if draw(st.booleans()):
            changes.append(Change(draw(MOMENTS), -draw(st.integers(1, 20))))
    return changes


@st.composite
def hands(draw, top: int = 4):
    kinds = st.sampled_from(["floor", "reached"])
    return [Given(draw(MOMENTS), draw(kinds), draw(st.integers(0, top))) for _ in range(draw(st.integers(0, 2)))]


def within(ladder, gifts):
    return [one for one in gifts if one.place < len(ladder.reach)]


@settings(max_examples=150, deadline=None)
@given(ladders(), histories(), hands(), st.randoms())
def test_the_order_in_which_things_are_told_changes_nothing(ladder, changes, gifts, chance):
    gifts = sorted(within(ladder, gifts), key=lambda one: one.at)
    before = course(ladder, changes, gifts, PARIS)
    shuffled = list(changes)
    chance.shuffle(shuffled)
    places = settled(before, ladder.reached(0))
    assert settled(course(ladder, shuffled, gifts, PARIS), ladder.reached(0)) == places


@settings(max_examples=150, deadline=None)
@given(ladders(), histories(), hands(), MOMENTS)
def test_what_is_still_to_come_changes_nothing_before_it(ladder, changes, gifts, cut):
    """Worked out from what was known at a moment, the course up to that moment is the same."""
    gifts = within(ladder, gifts)
    known = [change for change in changes if change.at < cut]
    full = [one for one in course(ladder, changes, gifts, PARIS) if one.from_at < cut]
    early = course(ladder, known, [one for one in gifts if one.at < cut], PARIS)
    # what came back before it counted is known as such only once both are
    if not any(change.undoes and change.at < other.at for change in changes for other in changes
               if other.key == change.key and not other.undoes):  # fmt: skip
        assert [one for one in early if one.from_at < cut] == full


@settings(max_examples=150, deadline=None)
@given(ladders(), histories(), hands())
def test_a_floor_holds_and_steps_go_up_at_once(ladder, changes, gifts):
    gifts = within(ladder, gifts)
    stands = course(ladder, changes, gifts, PARIS)
    floors = sorted((one for one in gifts if one.kind == "floor"), key=lambda one: one.at)
    for stand in stands:
        floor = next((one.place for one in reversed(floors) if one.at <= stand.from_at), NOWHERE)
        assert stand.place >= min(floor, len(ladder.reach) - 1)
    for change in changes:
        if change.amount > 0 and not change.undoes:
            until = [one for one in changes if one.at <= change.at]
            worth = max(0, value_at(ladder, until, PARIS, change.at))
            here = place_before(stands, ladder.reached(0), change.at, 2**62)
            same_moment = [one for one in changes if one.at == change.at]
            if len(same_moment) == 1 and not any(one.at == change.at for one in stands and gifts):
                assert here >= ladder.reached(worth) or ladder.when == "at_once"


@settings(max_examples=150, deadline=None)
@given(ladders(), histories(returns=False))
def test_goods_that_all_come_back_leave_nobody_higher(ladder, changes):
    gains = [change for change in changes if change.amount > 0]
    last = max((one.at for one in gains), default=FIRST) + timedelta(days=1)
    back = [Change(last, one.amount, one.key, undoes=True) for one in gains]
    assert place_at(ladder, last, [*gains, *back]) == ladder.reached(0)


@settings(max_examples=100, deadline=None)
@given(ladders(), histories(returns=False))
def test_without_returns_and_hands_nobody_falls_where_nobody_does(ladder, changes):
    from dataclasses import replace

    stands = course(replace(ladder, policy="none"), changes, (), PARIS)
    assert [one.place for one in stands] == sorted(one.place for one in stands)


@settings(max_examples=400, deadline=None)
@given(ladders(), histories(), hands(), MOMENTS, st.randoms())
def test_a_course_that_goes_on_from_a_bookmark_is_the_course_from_the_beginning(ladder, changes, gifts, cut, chance):
    gifts = within(ladder, gifts)
    midnight = PARIS.begins_at(PARIS.day_of(cut))
    changes = [one for one in changes if not (one.undoes and one.at >= midnight)]
    known = [one for one in changes if one.at < midnight or chance.random() < 0.5]
    given_then = [one for one in gifts if one.at < midnight or chance.random() < 0.5]
    early, mark = walked(ladder, known, given_then, PARIS, mark_at=midnight)
    assert early == course(ladder, known, given_then, PARIS), "a bookmark changes nothing"
    if mark is not None:
        kept = Bookmark.loaded(json.loads(json.dumps(mark.dumped())))
        since = [one for one in changes if one.at >= midnight]
        assert course(ladder, since, gifts, PARIS, after=kept) == course(ladder, changes, gifts, PARIS)
    else:
        assert any(one.undoes for one in changes), "only goods that came back before they counted have none"


@pytest.mark.parametrize(
    ("ladder", "bought", "midnight", "expected"),
    [
        (  # the window that ended is looked at after the grace, and so is still needed
            Ladder((0, 100), (0, 80), window="calendar_year", grace_months=2),
            [Change(at("2026-05-01T12:00"), 100, 1), Change(at("2027-01-10T12:00"), 1, 2)],
            at("2027-02-01T00:00"),
            [(1, "2026-05-01 12:00", "reached"), (0, "2028-03-01 00:00", "lost")],
        ),
        (  # what leaves the window after the bookmark lowers at once
            Ladder((0, 100), (0, 80), window="months", length=2, policy="deserved", when="at_once"),
            [Change(at("2026-01-10T12:00"), 60, 1), Change(at("2026-01-12T12:00"), 60, 2)],
            at("2026-02-01T00:00"),
            [(1, "2026-01-12 12:00", "reached"), (0, "2026-03-11 00:00", "lost")],
        ),
    ],
)
def test_a_bookmark_keeps_what_windows_still_reach(ladder, bought, midnight, expected):
    zone = ZoneInfo(PARIS.zone)
    _, mark = walked(ladder, bought, (), PARIS, mark_at=midnight)
    stands = course(ladder, [], (), PARIS, after=mark)
    assert stands == course(ladder, bought, (), PARIS)
    assert [(one.place, f"{one.from_at.astimezone(zone):%Y-%m-%d %H:%M}", one.reason) for one in stands] == expected
