"""Returns against a small model: what is left of lines, and random lives."""

from datetime import timedelta

import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from earning import returns
from programs import queries as programs
from programs.models import Source
from tests.earning import world
from tests.earning.test_returns import bought, bring_back, pot, sound, spend

pytestmark = pytest.mark.django_db
amounts = st.integers(1, 10**12)


@any_of(quantity=amounts, gross=st.integers(0, 10**12), cut=st.lists(st.integers(0, 10**12), max_size=4))
def test_what_is_left_of_a_line(quantity, gross, cut):
    """Never more than before, never below nothing, and nothing once all is back."""
    back, last = 0, (quantity, gross, gross)
    for part in [*cut, quantity]:
        back = min(back + part, quantity)
        left, gross_left, net_left, gone = returns.of_line(quantity, gross, gross, back, 0)
        assert (0, 0, 0) <= (left, gross_left, net_left) <= last
        assert gross_left * quantity <= gross * left < (gross_left + 1) * quantity
        assert gone == (left == 0)
        last = (left, gross_left, net_left)
    assert last == (0, 0, 0)


@settings(max_examples=8)
@any_of(data=st.data())
def test_a_random_life_against_a_small_model(now, data):
    """Purchases, partial returns and spending in any order: points are what is left, less what was spent."""
    moment = now + timedelta(minutes=1)
    club = world.make(world.BASE, now=now, members=()) if not programs.program_by_code("club") else None
    club = club or world.World(programs.program_by_code("club"), _source(), {})
    number = data.draw(st.uuids())
    member = f"m{number.hex[:12]}"
    club.enrol(f"{member}-0001", now=now)
    club.holders["anna-0001"] = club.holders[f"{member}-0001"]
    left, spent, receipts, steps = {}, 0, 0, data.draw(st.lists(st.sampled_from("BBRRS"), min_size=4, max_size=12))
    for step in steps:
        if step == "B":
            receipts += 1
            name, units, price = f"{member}-{receipts}", data.draw(st.integers(1, 4)), data.draw(st.integers(1, 30))
            bought(club, name, ("a", units, units * price), now=now, member=f"{member}-0001")
            left[name] = [units, price]
        elif step == "R" and any(units for units, _ in left.values()):
            name = data.draw(st.sampled_from([name for name, (units, _) in left.items() if units]))
            units = data.draw(st.integers(1, left[name][0]))
            bring_back(club, f"{name}-b{left[name][0]}", name, ("a", units), now=now, member=member)
            left[name][0] -= units
        elif step == "S" and pot(club, moment)[0]:
            amount = data.draw(st.integers(1, pot(club, moment)[0]))
            if not pot(club, moment)[2]:
                spend(club, amount, moment, key=f"{number}{len(left)}{spent}{amount}")
                spent += amount
        if data.draw(st.booleans()):
            world.drained(now)
    world.drained(now)
    available, pending, debt = pot(club, moment)
    assert available + pending - debt == sum(units * price for units, price in left.values()) - spent
    assert not (available and debt)
    sound()


def _source():
    return Source.objects.get(code="tills")
