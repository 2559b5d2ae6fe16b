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


def test_of_an_event_the_reason_is_forgotten_and_nothing_else_changes(now):
    for reason in ("She moved to Lyon", "Dupont", "moved"):
        trail.record(
            action="members.closed", actor="user:7", obj=("membership", 3), at=now, data={"reason": reason, "n": 1}
        )
    assert trail.forget_reasons({"membership": [3], "card": [3]}, codes={"moved"}) == 2
    assert list(AuditEvent.objects.order_by("pk").values_list("data", flat=True)) == [
        {"reason": "", "n": 1}, {"reason": "", "n": 1}, {"reason": "moved", "n": 1},
    ]  # fmt: skip
    for data in ("'{}'", """'{"n": 2, "reason": ""}'""", """'{"n": 1, "reason": "She was a thief"}'"""):
        wanted = pytest.raises(DatabaseError, match="only the reason is forgotten")
        with wanted, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE audit_event SET data = {data}")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        AuditEvent.objects.update(actor="nobody")
