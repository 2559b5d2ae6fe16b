import pytest
from django.db import DatabaseError, transaction

from ledger import holders

pytestmark = pytest.mark.django_db


def test_ids_are_opaque_and_spread_over_sixty_two_bits(now):
    opened = holders.open(500, now=now)
    assert len(set(opened)) == 500
    assert all(0 < holder < 2**62 for holder in opened)
    assert len({holder >> 55 for holder in opened}) > 100
    assert min(abs(one - two) for one, two in zip(opened, opened[1:], strict=False)) > 2**30


def test_households_and_memberships_only(now):
    assert len(holders.open(2, "household", now=now)) == 2
    with pytest.raises(DatabaseError, match="ledger_holder_kind_known"), transaction.atomic():
        holders.open(1, "person", now=now)


def test_successors_stay_one_step_away(now):
    a, b, c, d = holders.open(4, now=now)
    holders.succeed(old=a, new=b, now=now)
    holders.succeed(old=b, new=c, now=now)
    holders.succeed(old=d, new=a, now=now)  # a itself has a successor: led on to it
    assert holders.successors([a, b, c, d]) == {a: c, b: c, d: c}
    for old, new in ((c, a), (a, d)):
        with pytest.raises(DatabaseError), transaction.atomic():
            holders.succeed(old=old, new=new, now=now)
