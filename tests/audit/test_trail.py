import pytest
from django.db import DatabaseError, connection, transaction

from audit import clock, trail
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_an_event_says_who_did_what_to_which_thing_and_when(now):
    trail.record(action="cards.blocked", actor="user:7", obj=("card", 12), at=now, data={"reason": "lost"})
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.object_type, event.object_id) == ("cards.blocked", "user:7", "card", "12")
    assert (event.at, event.data) == (now, {"reason": "lost"})
    assert str(event) == "user:7 cards.blocked card 12"


def test_an_event_goes_with_the_act_it_tells_of(now):
    class Refused(Exception):
        pass

    with pytest.raises(Refused), transaction.atomic():
        trail.record(action="cards.blocked", actor="user:7", obj=("card", 12), at=now)
        raise Refused
    assert not AuditEvent.objects.exists()


def test_the_clock_is_the_databases_and_goes_on():
    first, second = clock.now(), clock.now()
    assert first < second
    assert first.tzinfo is not None


@pytest.mark.parametrize("statement", ["UPDATE consent SET granted = true", "DELETE FROM consent", "TRUNCATE consent"])
def test_answers_of_people_only_grow_too(statement):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
