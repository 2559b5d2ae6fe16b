"""What erasing does to the rows of one person, table by table, as the inventories of all rooms say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from activity.models import Attribution
from audit import trail
from care.privacy import columns, subjects
from care.privacy.subjects import Subject
from members import closing, suspension
from members.models import Card, Household, Membership
from messaging.models import Outgoing
from values.inventory import Erased, Table

TOKEN = "erased-"
CODES = frozenset(
    {*closing.REASONS, *suspension.REASONS, "lost", "stolen", "retention", "replay", "deleted_there", "called", "came",
     "wrote", "authority"}
)  # fmt: skip
"""Reasons in the audit trail that are out of a list of ours."""


def files_of(subject: Subject) -> list[Path]:
    """Every file that a row of hers names; read before the rows are emptied, deleted after the commit."""
    found = []
    for table in _touched():
        for column in table.files:
            condition, values = subjects.rows_of(table, subject)
            query = f"SELECT {column} FROM {table.name} WHERE {condition} AND {column} <> ''"
            found += [path for (name,) in _rows(query, values) for path in _named(str(name))]
    return found


def delete(files: list[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)


def empty(subject: Subject) -> dict[str, int]:
    """Empty and delete her rows; table -> how many. Keys of other tables are checked when the transaction ends."""
    every = columns.models()
    touched = list(_touched())
    done: dict[str, int] = {}
    # rows that hang on others first: afterwards nothing says any more whose they were
    for table in sorted(touched, key=_depth, reverse=True):
        condition, values = subjects.rows_of(table, subject)
        if table.erased is Erased.DELETE:
            query, before = f"DELETE FROM {table.name} WHERE {condition}", []
        else:
            sets = [_emptied(every[table.name], table, column) for column in _emptying(every[table.name], table)]
            query = f"UPDATE {table.name} SET {', '.join(sql for sql, _ in sets)} WHERE {condition}"
            before = [value for _, some in sets for value in some]
        with connection.cursor() as cursor:
            cursor.execute(query, [*before, *values])
            if cursor.rowcount:
                done[table.name] = cursor.rowcount
    return done


def forget_words(subject: Subject) -> None:
    """Take the words of her name out of the search, those that nobody else is called by."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM member_name_word w WHERE w.population_id = %(population)s AND w.word = ANY(%(words)s)"
            " AND NOT EXISTS (SELECT FROM member m WHERE m.population_id = w.population_id"
            " AND string_to_array(m.name_key, ' ') @> ARRAY[w.word])",
            {"population": subject.population_id, "words": subject.words},
        )


def forget_said(subject: Subject, now: datetime) -> None:
    """Take her name out of messages that others were owed by her: an invitation says who invites."""
    actors = [
        f"member:{public_id}"
        for public_id in Membership.objects.filter(pk__in=subject.memberships).values_list("public_id", flat=True)
    ]
    Outgoing.objects.filter(owed_by__in=actors, state=Outgoing.State.WAITING).update(
        state=Outgoing.State.DROPPED, ended_at=now, error="erased", token=None, lease_until=None
    )
    Outgoing.objects.filter(owed_by__in=actors).update(facts={})


def forget_reasons(subject: Subject) -> None:
    """Blank what staff wrote in the audit trail about her and what was hers."""
    cards = Card.objects.filter(membership_id__in=subject.memberships).values_list("pk", flat=True)
    shared = Household.objects.filter(holder_id__in=subject.shared).values_list("pk", flat=True)
    receipts = Attribution.objects.filter(
        membership_id__in=subject.memberships, holder_id__in=[*subject.holders, *subject.shared]
    ).values_list("activity_id", flat=True)
    trail.forget_reasons(
        {
            "member": subject.members, "membership": subject.memberships,
            "holder": [*subject.holders, *subject.shared], "card": list(cards), "household": list(shared),
            "activity": list(receipts),
        },
        codes=CODES,
    )  # fmt: skip


def _touched() -> Iterator[Table]:
    every = columns.models()
    for table in columns.of_people():
        if table.erased is Erased.DELETE or (table.erased is Erased.EMPTY and _emptying(every[table.name], table)):
            yield table


def _emptying(model: Any, table: Table) -> list[str]:
    fields = {field.column: field for field in model._meta.local_concrete_fields}
    return [name for name in (*table.personal, *table.sensitive) if not fields[name].generated]


def _emptied(model: Any, table: Table, column: str) -> tuple[str, list[Any]]:
    """`column = nothing` for its type; a token where it has to stay unique."""
    field = next(one for one in model._meta.local_concrete_fields if one.column == column)
    if column in table.tokens:
        if isinstance(field, models.BinaryField):
            return f"{column} = decode(replace(gen_random_uuid()::text, '-', ''), 'hex')", []
        room = min((field.max_length or 40), 40) - len(TOKEN)
        return f"{column} = %s || left(replace(gen_random_uuid()::text, '-', ''), {room})", [TOKEN]
    if field.null:
        return f"{column} = NULL", []
    match field:
        case models.JSONField():
            return f"{column} = '{{}}'", []
        case models.BinaryField():
            return f"{column} = ''::bytea", []
        case ArrayField():
            return f"{column} = '{{}}'", []
        case models.IntegerField():
            return f"{column} = 0", []
    return f"{column} = ''", []


def _depth(table: Table) -> int:
    """How many tables stand between a row and its person; addresses are looked up before they are emptied."""
    parents, depth = columns.tables(), 0
    while table.whose in parents and table.name != table.whose and depth < 5:
        table, depth = parents[table.whose], depth + 1
    return depth


def _named(name: str) -> list[Path]:
    """Where a file of ours may lie: by its own path, or in the folder of its kind."""
    root = Path(settings.FILES_DIR)
    places = (root / name, *root.glob(f"*/{name[:2]}/{name}"), *root.glob(f"*/{name}"))
    return [path for path in places if path.is_file()]


def _rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
