"""Publishing, withdrawing and stopping rules. Versions are added and ended, never edited."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from audit import trail
from rules_engine import models

if TYPE_CHECKING:
    from programs.models import Program
    from rules_engine.core.rulebook import Rulebook

State = models.Rulebook.State


class PublishedMeanwhile(Exception):
    """Somebody else published a version of the same program at the same moment. Nothing was changed."""


class NotPublished(Exception):
    """Only a published version can be withdrawn, and only a draft be published."""


class WrittenByThem(Exception):
    """A draft is published by somebody who did not write it."""


class UnknownRule(Exception):
    """The program never published a rule of that code."""


class StopInThePast(Exception):
    """What was already judged is changed by another version, not by a stop."""


@dataclass(frozen=True)
class Published:
    """What became of a call: when the same content held already, that version with `changed` False."""

    rulebook_id: int
    version: int
    market_code: str | None
    state: str
    begins_at: datetime | None
    changed: bool


def publish(
    *,
    program: Program,
    content: Rulebook,
    valid_from: datetime | None,
    now: datetime,
    by: str,
    market_code: str | None = None,
    draft: bool = False,
) -> Published:
    """Let `content` judge activity from `valid_from` on, up to the next version already published for later.

    None is for all time for the first version, `now` for later ones. The version before ends where this one begins;
    one that began at the same instant is withdrawn. With `draft` nothing of that happens yet: see `publish_draft`.
    Raises PublishedMeanwhile.
    """
    document = content.to_document()
    digest = fingerprint(document)
    try:
        with transaction.atomic():
            rows = _published(program.pk, market_code)
            if same := _same(rows, digest, valid_from, now) or (draft and _same_draft(program.pk, market_code, digest)):
                return _answer(same, changed=False)
            begins_at = now if valid_from is None and rows and not draft else valid_from
            row = models.Rulebook(
                program=program,
                market_code=market_code,
                version=_next_version(program.pk, market_code),
                state=State.DRAFT,
                content=document,
                digest=digest,
                valid=DateTimeTZRange(begins_at, None),
                created_at=now,
                created_by=by,
            )
            row.save(force_insert=True)
            _register(program.pk, [rule["code"] for rule in document.get("rules", [])])
            if not draft:
                _put_in_force(row, rows, now, by)
            _tell("rulebook.drafted" if draft else "rulebook.published", row, by, now)
            return _answer(row, changed=True)
    except IntegrityError as collision:
        raise PublishedMeanwhile(
            f"another version for {program.code} was published at the same moment: look at it, then publish again"
        ) from collision


def publish_draft(*, rulebook_id: int, now: datetime, by: str) -> Published:
    """Let a draft judge activity from the moment it was written for, or from `now` when it was written for none.

    Raises NotPublished, WrittenByThem, PublishedMeanwhile.
    """
    try:
        with transaction.atomic():
            row = models.Rulebook.objects.select_for_update().get(pk=rulebook_id)
            if row.state != State.DRAFT:
                raise NotPublished(f"version {row.version} is {row.state}, not a draft")
            if row.created_by == by:
                raise WrittenByThem("a draft is published by somebody who did not write it")
            _put_in_force(row, _published(row.program_id, row.market_code), now, by)
            _tell("rulebook.published", row, by, now)
            return _answer(row, changed=True)
    except IntegrityError as collision:
        raise PublishedMeanwhile(
            "another version was published at the same moment: look at it, then publish again"
        ) from collision


def withdraw(*, rulebook_id: int, now: datetime, by: str, reason: str) -> None:
    """Take a published version back as if it had never held: the one before it goes on in its place.

    Raises NotPublished.
    """
    with transaction.atomic():
        row = models.Rulebook.objects.select_for_update().get(pk=rulebook_id)
        if row.state != State.PUBLISHED:
            raise NotPublished(f"version {row.version} is {row.state}, not published")
        models.Rulebook.objects.filter(pk=row.pk).update(state=State.WITHDRAWN)
        for before in _published(row.program_id, row.market_code):
            if row.valid.lower is not None and before.valid.upper == row.valid.lower:
                _end(before, row.valid.upper)
        _tell("rulebook.withdrawn", row, by, now, reason=reason)


def stop_rule(
    *, program: Program, code: str, now: datetime, by: str, reason: str, at: datetime | None = None
) -> models.RuleStop:
    """Stop one rule for activity from `at` (now when not said) on, until a version published later takes over.

    Raises UnknownRule, StopInThePast.
    """
    at = at or now
    if at < now:
        raise StopInThePast("a rule is stopped from now on; for what is past publish another version")
    with transaction.atomic():
        rule = models.Rule.objects.filter(program=program, code=code).first()
        if rule is None:
            raise UnknownRule(f"program {program.code} has no rule {code}")
        stop = models.RuleStop.objects.create(rule=rule, at=at, by=by, reason=reason)
        trail.record(
            action="rule.stopped",
            actor=by,
            obj=("program", program.pk),
            at=now,
            data={"rule": code, "from": at.isoformat(), "reason": reason},
        )
        return stop


def resume_rule(*, program: Program, code: str, now: datetime, by: str, reason: str) -> list[models.RuleResume]:
    """End every stop of one rule: activity from `now` on meets it again, stops planned for later never begin.

    What happened while it was stopped is not met, not even when it is scored again: for that publish a version that
    begins before it. Nothing is stopped: an empty list, and nothing is told. Raises UnknownRule.
    """
    with transaction.atomic():
        if not models.Rule.objects.filter(program=program, code=code).exists():
            raise UnknownRule(f"program {program.code} has no rule {code}")
        stops = models.RuleStop.objects.filter(rule__program=program, rule__code=code, resumed=None).order_by("id")
        tried = [
            models.RuleResume.objects.get_or_create(stop=stop, defaults={"at": now, "by": by, "reason": reason})
            for stop in stops
        ]
        ended = [resume for resume, is_new in tried if is_new]
        if ended:
            trail.record(
                action="rule.resumed",
                actor=by,
                obj=("program", program.pk),
                at=now,
                data={"rule": code, "from": now.isoformat(), "reason": reason, "stops": len(ended)},
            )
        return ended


def fingerprint(document: dict[str, Any]) -> str:
    """SHA-256 of the document written one way only."""
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _published(program_id: int, market_code: str | None) -> list[models.Rulebook]:
    """The published versions, earliest first."""
    rows = models.Rulebook.objects.filter(program_id=program_id, market_code=market_code, state=State.PUBLISHED)
    return sorted(rows, key=lambda row: (row.valid.lower is not None, row.valid.lower))


def _same(
    rows: list[models.Rulebook], digest: str, valid_from: datetime | None, now: datetime
) -> models.Rulebook | None:
    for row in rows:
        if row.digest == digest and (row.valid.lower == valid_from or (valid_from is None and _holds(row, now))):
            return row
    return None


def _holds(row: models.Rulebook, moment: datetime) -> bool:
    lower, upper = row.valid.lower, row.valid.upper
    return (lower is None or lower <= moment) and (upper is None or moment < upper)


def _same_draft(program_id: int, market_code: str | None, digest: str) -> models.Rulebook | None:
    rows = models.Rulebook.objects.filter(program_id=program_id, market_code=market_code, state=State.DRAFT)
    return rows.filter(digest=digest).first()


def _next_version(program_id: int, market_code: str | None) -> int:
    rows = models.Rulebook.objects.filter(program_id=program_id, market_code=market_code)
    return max(rows.values_list("version", flat=True), default=0) + 1


def _put_in_force(row: models.Rulebook, rows: list[models.Rulebook], now: datetime, by: str) -> None:
    """Publish `row` among `rows`, the versions published so far."""
    begins_at = row.valid.lower
    if begins_at is None and rows:
        begins_at = now
    ends_at = None
    for other in rows:
        lower, upper = other.valid.lower, other.valid.upper
        if lower == begins_at:
            models.Rulebook.objects.filter(pk=other.pk).update(state=State.WITHDRAWN)
        elif begins_at is None or (lower is not None and lower > begins_at):
            ends_at = lower if ends_at is None else min(ends_at, lower)
        elif upper is None or upper > begins_at:
            _end(other, begins_at)
    row.valid = DateTimeTZRange(begins_at, ends_at)
    row.state = State.PUBLISHED
    row.published_at, row.published_by = now, by
    row.save(update_fields=["valid", "state", "published_at", "published_by"])


def _end(row: models.Rulebook, at: datetime | None) -> None:
    models.Rulebook.objects.filter(pk=row.pk).update(valid=DateTimeTZRange(row.valid.lower, at))


def _register(program_id: int, codes: list[str]) -> None:
    models.Rule.objects.bulk_create(
        [models.Rule(program_id=program_id, code=code) for code in codes], ignore_conflicts=True
    )


def _tell(action: str, row: models.Rulebook, by: str, now: datetime, **more: Any) -> None:
    data = {
        "version": row.version,
        "market": row.market_code,
        "from": row.valid.lower.isoformat() if row.valid.lower else None,
        "digest": row.digest,
        **more,
    }
    trail.record(action=action, actor=by, obj=("rulebook", row.pk), at=now, data=data)


def _answer(row: models.Rulebook, *, changed: bool) -> Published:
    return Published(row.pk, row.version, row.market_code, row.state, row.valid.lower, changed)
