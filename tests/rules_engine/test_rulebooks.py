"""Versions are added and ended, never edited, and never overlap; the database itself refuses the rest."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from audit.models import AuditEvent
from rules_engine import models, queries, rulebooks
from rules_engine.core.rulebook import Rulebook
from tests import waiting

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


def rules(points=1, *more):
    return Rulebook.from_document(
        {
            "currencies": [{"code": "points"}],
            "rules": [
                {"code": "base", "trigger": "purchase", "earn": {"per_amount": {"points": points}}},
                *({"code": code, "trigger": "visit", "earn": {"fixed": 5}} for code in more),
            ],
        }
    )


def publish(program, now, content=None, valid_from=None, **more):
    return rulebooks.publish(
        program=program, content=content or rules(), valid_from=valid_from, now=now, by="user:1", **more
    )


def ranges(program):
    return [(one.version, one.begins_at, one.ends_at) for one in queries.rulebooks_for(program.pk)]


def test_the_first_version_holds_for_all_time_and_the_next_from_its_moment(program, now):
    publish(program, now)
    assert ranges(program) == [(1, None, None)]
    publish(program, now + timedelta(hours=1), rules(2))
    later = now + timedelta(hours=1)
    assert ranges(program) == [(1, None, later), (2, later, None)]


def test_the_same_content_again_changes_nothing(program, now):
    first = publish(program, now, valid_from=JANUARY)
    again = publish(program, now + timedelta(days=1), valid_from=JANUARY)
    assert (first.changed, again.changed) == (True, False)
    assert again.rulebook_id == first.rulebook_id
    assert publish(program, now + timedelta(days=1)).changed is False
    assert AuditEvent.objects.filter(action="rulebook.published").count() == 1


def test_what_comes_back_reads_as_what_was_published(program, now):
    content = rules(3, "hello")
    publish(program, now, content)
    [version] = queries.rulebooks_for(program.pk)
    assert Rulebook.from_document(version.document) == content
    assert set(queries.rule_ids(program.pk)) == {"base", "hello"}


def test_a_version_ends_the_one_before_and_stops_at_the_one_after(program, now):
    publish(program, now, rules(1), JANUARY)
    publish(program, now, rules(5), MAY)
    publish(program, now, rules(3), MARCH)
    assert ranges(program) == [(1, JANUARY, MARCH), (2, MAY, None), (3, MARCH, MAY)]


def test_a_correction_from_the_same_moment_replaces(program, now):
    first = publish(program, now, rules(1), JANUARY)
    publish(program, now, rules(5), MAY)
    publish(program, now, rules(2), JANUARY)
    assert ranges(program) == [(2, MAY, None), (3, JANUARY, MAY)]
    assert models.Rulebook.objects.get(pk=first.rulebook_id).state == "withdrawn"


def test_a_withdrawn_version_gives_its_time_back(program, now):
    publish(program, now, rules(1), JANUARY)
    second = publish(program, now, rules(2), MARCH)
    publish(program, now, rules(3), MAY)
    rulebooks.withdraw(rulebook_id=second.rulebook_id, now=now, by="user:1", reason="wrong price")
    assert ranges(program) == [(1, JANUARY, MAY), (3, MAY, None)]
    with pytest.raises(rulebooks.NotPublished, match="withdrawn, not published"):
        rulebooks.withdraw(rulebook_id=second.rulebook_id, now=now, by="user:1", reason="again")


def test_a_draft_judges_nothing_until_it_is_published(program, now):
    publish(program, now, rules(1), JANUARY)
    draft = publish(program, now, rules(2), MARCH, draft=True)
    assert publish(program, now, rules(2), MARCH, draft=True).rulebook_id == draft.rulebook_id
    assert ranges(program) == [(1, JANUARY, None)]
    rulebooks.publish_draft(rulebook_id=draft.rulebook_id, now=now, by="user:2")
    assert ranges(program) == [(1, JANUARY, MARCH), (2, MARCH, None)]
    with pytest.raises(rulebooks.NotPublished, match="not a draft"):
        rulebooks.publish_draft(rulebook_id=draft.rulebook_id, now=now, by="user:2")


def test_a_market_of_its_own_comes_before_the_program(program, now):
    publish(program, now, rules(1))
    publish(program, now, rules(9), MARCH, market_code="US")
    versions = queries.rulebooks_for(program.pk)

    def points(market, moment):
        version = queries.in_force(versions, market, moment)
        return version.document["rules"][0]["earn"]["per_amount"]["points"]

    assert [points("FR", MAY), points("US", MAY), points("US", JANUARY), points(None, MAY)] == [1, 9, 1, 1]
    assert queries.in_force([], "FR", MAY) is None


def test_a_stop_acts_from_its_moment_until_a_later_version(program, now):
    publish(program, now, rules(1, "hello"))
    stop = now + timedelta(hours=2)
    rulebooks.stop_rule(program=program, code="hello", now=stop, by="user:1", reason="gives too much")
    [version] = queries.rulebooks_for(program.pk)
    assert version.stops == {"hello": (queries.Stop(stop),)}
    publish(program, now + timedelta(hours=3), rules(2, "hello"))
    assert [one.stops for one in queries.rulebooks_for(program.pk)] == [{"hello": (queries.Stop(stop),)}, {}]


def resume(program, now, hours, code="hello"):
    at = now + timedelta(hours=hours)
    return rulebooks.resume_rule(program=program, code=code, now=at, by="user:2", reason="mended")


def stop(program, now, hours, code="hello", begins=None):
    at = now + timedelta(hours=hours)
    begins = None if begins is None else now + timedelta(hours=begins)
    return rulebooks.stop_rule(program=program, code=code, now=at, at=begins, by="user:1", reason="too much")


def stopped(program, now):
    """For each of the next six hours, whether the rule is stopped at its beginning and one moment before it."""
    [version] = queries.rulebooks_for(program.pk)
    moments = [now + timedelta(hours=hour) for hour in range(7)]
    just_before = timedelta(microseconds=1)
    return [
        ("hello" in version.stopped_at(moment - just_before), "hello" in version.stopped_at(moment))
        for moment in moments
    ]


def test_a_resumed_rule_was_stopped_for_just_that_while(program, now):
    publish(program, now, rules(1, "hello"))
    stop(program, now, 1)
    [resumed] = resume(program, now, 3)
    assert (resumed.at, resumed.by, resumed.reason) == (now + timedelta(hours=3), "user:2", "mended")
    no, yes = False, True
    assert stopped(program, now) == [(no, no), (no, yes), (yes, yes), (yes, no), (no, no), (no, no), (no, no)]
    stop(program, now, 5)
    assert stopped(program, now) == [(no, no), (no, yes), (yes, yes), (yes, no), (no, no), (no, yes), (yes, yes)]
    assert [event.data["stops"] for event in AuditEvent.objects.filter(action="rule.resumed")] == [1]
    assert [((one.at - now) // timedelta(hours=1), bool(one.resumed_at)) for one in queries.stops_of(program.pk)] == [
        (5, False), (1, True),
    ]  # fmt: skip


def test_stopping_twice_and_resuming_twice_do_no_harm(program, now):
    publish(program, now, rules(1, "hello"))
    stop(program, now, 1)
    stop(program, now, 2)
    assert len(resume(program, now, 3)) == 2
    assert resume(program, now, 4) == []
    [version] = queries.rulebooks_for(program.pk)
    assert version.stops == {"hello": (queries.Stop(now + timedelta(hours=1), now + timedelta(hours=3)),)}
    assert AuditEvent.objects.filter(action="rule.resumed").count() == 1
    assert AuditEvent.objects.filter(action="rule.stopped").count() == 2


def test_a_stop_pressed_while_a_colleague_resumed_goes_on(program, now):
    publish(program, now, rules(1, "hello"))
    stop(program, now, 1)
    ended = stop(program, now, 2)
    models.RuleResume.objects.create(stop=ended, at=now + timedelta(hours=3), by="user:2", reason="mended")
    [version] = queries.rulebooks_for(program.pk)
    assert version.stops == {"hello": (queries.Stop(now + timedelta(hours=1)),)}


def test_resuming_ends_a_stop_that_was_planned_and_leaves_other_rules_stopped(program, now):
    publish(program, now, rules(1, "hello"))
    stop(program, now, 0, code="base")
    stop(program, now, 0, begins=4)
    resume(program, now, 1)
    [version] = queries.rulebooks_for(program.pk)
    assert version.stops == {"base": (queries.Stop(now),)}


def test_only_a_rule_of_the_program_is_resumed_and_what_is_written_stays(program, now):
    publish(program, now, rules(1, "hello"))
    with pytest.raises(rulebooks.UnknownRule, match="no rule nothing"):
        resume(program, now, 1, code="nothing")
    assert resume(program, now, 1) == []
    assert not AuditEvent.objects.filter(action="rule.resumed").exists()
    stop(program, now, 1)
    resume(program, now, 2)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM rule_resume")


def test_a_stop_names_a_rule_and_does_not_reach_back(program, now):
    publish(program, now)
    with pytest.raises(rulebooks.UnknownRule, match="no rule nothing"):
        rulebooks.stop_rule(program=program, code="nothing", now=now, by="user:1", reason="")
    with pytest.raises(rulebooks.StopInThePast):
        rulebooks.stop_rule(program=program, code="base", now=now, at=JANUARY, by="user:1", reason="")


def test_the_database_refuses_two_versions_at_a_time(program, now):
    publish(program, now, rules(1), JANUARY)
    with (
        pytest.raises(IntegrityError, match="rulebook_one_at_a_time"),
        transaction.atomic(),
        connection.cursor() as sql,
    ):
        sql.execute(
            "INSERT INTO rulebook (program_id, version, valid, state, content, digest, created_at, created_by,"
            " published_at, published_by) SELECT program_id, 2, tstzrange(%s, NULL), 'published', content, digest,"
            " created_at, created_by, published_at, published_by FROM rulebook",
            [MAY],
        )


@pytest.mark.parametrize(
    "assignment", ["content = '{}'", "version = 7", "digest = ''", "created_by = 'me'", "market_code = 'FR'"]
)
def test_the_app_has_no_right_to_change_what_was_published(program, now, assignment):
    publish(program, now)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE rulebook SET {assignment}")


@pytest.mark.parametrize(
    "assignment",
    ["valid = tstzrange('2020-01-01', NULL)", "state = 'draft', published_at = NULL", "published_by = 'me'"],
)
def test_not_even_the_beginning_of_a_published_version(program, now, assignment):
    publish(program, now, valid_from=JANUARY)
    with (
        pytest.raises(DatabaseError, match="only the end may change"),
        transaction.atomic(),
        connection.cursor() as sql,
    ):
        sql.execute(f"UPDATE rulebook SET {assignment}")


def test_a_withdrawn_version_never_comes_back(program, now):
    row = publish(program, now)
    rulebooks.withdraw(rulebook_id=row.rulebook_id, now=now, by="user:1", reason="wrong")
    with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE rulebook SET state = 'published'")


@pytest.mark.django_db(transaction=True)
def test_the_owner_cannot_rewrite_rules_either(program, now, owner_cursor):
    import psycopg

    publish(program, now)
    for statement in ("UPDATE rulebook SET content = '{}'", "DELETE FROM rulebook", "DELETE FROM rule_stop WHERE true"):
        if "stop" in statement:
            rulebooks.stop_rule(program=program, code="base", now=now, by="user:1", reason="test")
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner_cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [0, 1])
def test_of_two_publishing_at_once_one_is_told_so(program, now, before):
    if before:
        publish(program, now, rules(1), JANUARY)
    refused: list[Exception] = []

    def rival():
        try:
            publish(program, now, rules(3), MARCH)
        except rulebooks.PublishedMeanwhile as collision:
            refused.append(collision)
        finally:
            connection.close()

    thread = threading.Thread(target=rival)
    with transaction.atomic():
        publish(program, now, rules(2), MARCH)
        thread.start()
        waiting.until_somebody_waits()
    thread.join(60)
    assert [str(one)[:28] for one in refused] == ["another version for demo was"]
    assert [version for version, _, _ in ranges(program)] == [1, 2][: before + 1]
    assert AuditEvent.objects.filter(action="rulebook.published").count() == before + 1


def test_whoever_wrote_a_draft_does_not_publish_it(program, now):
    draft = rulebooks.publish(program=program, content=rules(2), valid_from=None, now=now, by="user:7", draft=True)
    with pytest.raises(rulebooks.WrittenByThem):
        rulebooks.publish_draft(rulebook_id=draft.rulebook_id, now=now, by="user:7")
    assert rulebooks.publish_draft(rulebook_id=draft.rulebook_id, now=now, by="user:8").state == "published"
