"""A case through its life: opened, worked on, ended, opened again. Each step is an event of its story.

The case's row is locked for each step, so that two people at two desks take turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import trail
from care import calendars, evidence, policies, telling, terms
from care.evidence import Sent
from care.models import Adjustment, Case, CaseEvent, Opinion
from care.refusals import NotInThisState, NoWords, TooMany
from identity.models import User
from members import merging
from members.models import Membership
from programs import queries as programs
from values import periods

MOST_WORDS = 4000
REOPENED_WITHIN_DAYS = 60
MOST_A_DAY = 10
"""A member opens no more in 24 hours by herself; staff and the system do."""
SENT_TWICE = timedelta(minutes=1)
What = CaseEvent.What


def open(
    *, membership: Membership, type: str, channel: str, words: str, now: datetime, by: str, receipt: str = "",
    files: Sequence[Sent] = (), owner: User | None = None,
) -> Case:  # fmt: skip
    """Open a case with its evidence; the member is told that it was heard, and by when it will be answered.

    What a member sends twice within SENT_TWICE is one case. Raises NotEvidence (nothing is kept), NoWords, TooMany,
    OwnAccount, ValueError for an unknown type or channel.
    """
    if type not in Case.Type.values or channel not in Case.Channel.values:
        raise ValueError(f"no case is of type {type!r} by channel {channel!r}")
    policies.check_acts_on_another(by, membership)
    said = _said(words) if type != Case.Type.LOST_CARD or words.strip() else ""
    good = evidence.checked(files)
    with evidence.kept_or_gone() as written, transaction.atomic():
        membership = merging.standing_now(membership)  # a page may still have shown one that was merged meanwhile
        if twin := _sent_just_now(membership, type, said, now, by):
            return twin
        _check_not_too_many(membership, now, by)
        case = Case.objects.create(
            program_id=membership.program_id, membership=membership, type=type, channel=channel,
            receipt=receipt.strip()[:200], due_on=_due_on(membership, type, now), owner=owner, opened_at=now,
            opened_by=by, changed_at=now,
        )  # fmt: skip
        event = write(case, What.OPENED, now=now, by=by, channel=channel, words=said, data={"files": len(good)})
        evidence.keep(case, good, written, now=now, by=by)
        _record("opened", case, now, by, type=type, channel=channel)
        telling.tell(case, event, now=now)
    return case


def note(*, case_id: int, words: str, now: datetime, by: str) -> None:
    """Write something for colleagues; the member does not see it."""
    with transaction.atomic():
        write(locked(case_id, by), What.NOTE, now=now, by=by, words=_said(words))


def message(*, case_id: int, words: str, now: datetime, by: str, asks: bool = False) -> None:
    """Write to the member; with `asks` the case waits for her answer. Raises NotInThisState when it has ended."""
    with transaction.atomic():
        case = locked(case_id, by)
        policies.check_lives(case)
        if asks:
            _move(case, Case.State.WAITING, now)
        telling.tell(
            case, write(case, What.ASKED if asks else What.MESSAGE, now=now, by=by, words=_said(words)), now=now
        )


def reply(
    *, case_id: int, words: str, now: datetime, by: str, channel: str = "web", files: Sequence[Sent] = ()
) -> None:  # fmt: skip
    """The member says more; a case that waited for her is open again. Raises NotInThisState, NotEvidence, NoWords."""
    good = evidence.checked(files)
    with evidence.kept_or_gone() as written, transaction.atomic():
        case = locked(case_id, by)
        policies.check_lives(case)
        said = words.strip()[:MOST_WORDS] if good else _said(words)
        write(case, What.REPLY, now=now, by=by, channel=channel, words=said, data={"files": len(good)})
        evidence.keep(case, good, written, now=now, by=by)
        if case.state == Case.State.WAITING:
            _move(case, Case.State.OPEN, now)
        _record("replied", case, now, by)


def attach(*, case_id: int, files: Sequence[Sent], now: datetime, by: str) -> None:
    """Keep more evidence, handed over at a desk."""
    good = evidence.checked(files)
    with evidence.kept_or_gone() as written, transaction.atomic():
        case = locked(case_id, by)
        policies.check_lives(case)
        evidence.keep(case, good, written, now=now, by=by)
        write(case, What.FILE, now=now, by=by, data={"files": len(good)})


def hand_to(*, case_id: int, owner: User | None, now: datetime, by: str) -> None:
    """Give a case to a colleague, take it oneself, or lay it back. Raises NotInThisState when it has ended."""
    with transaction.atomic():
        case = locked(case_id, by)
        policies.check_lives(case)
        case.owner, case.changed_at = owner, now
        case.save(update_fields=["owner", "changed_at"])
        write(case, What.TAKEN, now=now, by=by, data={"owner": owner.pk if owner else None})
        _record("handed", case, now, by, owner=owner.pk if owner else None)


def solve(*, case_id: int, words: str, outcome: str, now: datetime, by: str, data: dict[str, Any]) -> Case:
    """End a case well, in the transaction of what its outcome posted (care.outcomes); the member is told."""
    with transaction.atomic():
        case = locked(case_id, by)
        policies.check_lives(case)
        case.outcome = outcome
        _end(case, Case.State.SOLVED, What.SOLVED, words, now, by, {"outcome": outcome, **data})
    return case


def refuse(*, case_id: int, words: str, now: datetime, by: str) -> None:
    """End a case without giving what was asked for; the member is told why."""
    with transaction.atomic():
        case = locked(case_id, by)
        policies.check_lives(case)
        _end(case, Case.State.REFUSED, What.REFUSED, _said(words), now, by, {})


def reopen(*, case_id: int, words: str, now: datetime, by: str, channel: str = "") -> None:
    """Work on an ended case again, due anew. Members may ask for it for 60 days."""
    with transaction.atomic():
        case = locked(case_id, by)
        if case.ended_at is None:
            raise NotInThisState(_("This case is open already."))
        if policies.user_of(by) is None and (now - case.ended_at).days > REOPENED_WITHIN_DAYS:
            raise NotInThisState(_("This request ended long ago. Make a new one."))
        case.due_on, case.ended_at, case.outcome = _due_on(case.membership, case.type, now), None, ""
        case.state, case.changed_at = Case.State.REOPENED, now
        case.save(update_fields=["due_on", "ended_at", "outcome", "state", "changed_at"])
        event = write(case, What.REOPENED, now=now, by=by, channel=channel, words=_said(words))
        _record("reopened", case, now, by)
        telling.tell(case, event, now=now)


def locked(case_id: int, by: str) -> Case:
    """The case, locked until the transaction ends. Raises Case.DoesNotExist, OwnAccount."""
    case = Case.objects.select_for_update(of=("self",)).select_related("membership").get(pk=case_id)
    policies.check_acts_on_another(by, case.membership)
    return case


def write(
    case: Case, what: str, *, now: datetime, by: str, words: str = "", channel: str = "", data: Any = None
) -> CaseEvent:  # fmt: skip
    """Add an event to a case's story; without a channel it is written at a desk of ours."""
    return CaseEvent.objects.create(
        case=case, at=now, by=by, channel=channel or "desk", what=what, words=words, data=data or {}
    )


def _end(
    case: Case, state: str, what: str, words: str, now: datetime, by: str, data: dict[str, Any]
) -> None:  # fmt: skip
    case.state, case.ended_at, case.changed_at = state, now, now
    case.save(update_fields=["state", "ended_at", "changed_at", "outcome"])
    waiting = Adjustment.objects.filter(case=case, state=Adjustment.State.WAITING)
    waiting.update(state=Adjustment.State.EXPIRED)  # nobody approves later what the case has done without
    said = words.strip()[:MOST_WORDS]
    heard = Opinion.objects.filter(case=case, state=Opinion.State.NEW)
    if said:  # what the case answers is the answer to the opinion that opened it
        heard.update(state=Opinion.State.ANSWERED, answer=said[:2000], answered_at=now, answered_by=by)
    else:
        heard.update(state=Opinion.State.CLOSED)
    event = write(case, what, now=now, by=by, words=said, data=data)
    _record(what, case, now, by, **data)
    telling.tell(case, event, now=now)


def _move(case: Case, state: str, now: datetime) -> None:
    case.state, case.changed_at = state, now
    case.save(update_fields=["state", "changed_at"])


def _sent_just_now(membership: Membership, type: str, said: str, now: datetime, by: str) -> Case | None:
    """The case that the same form opened a moment ago: a thumb taps twice. The membership is locked."""
    if not by.startswith("member:"):
        return None
    mine = Case.objects.filter(membership=membership, type=type, opened_by=by, opened_at__gt=now - SENT_TWICE)
    return mine.filter(events__what=What.OPENED, events__words=said).order_by("pk").first()


def _check_not_too_many(membership: Membership, now: datetime, by: str) -> None:
    today = Case.objects.filter(membership=membership, opened_by=by, opened_at__gt=now - timedelta(days=1))
    if by.startswith("member:") and today.count() >= MOST_A_DAY:
        raise TooMany(_("You made many requests today. Add to one of them, or come back tomorrow."))


def _said(words: str) -> str:
    if not words.strip():
        raise NoWords
    return words.strip()[:MOST_WORDS]


def _due_on(membership: Membership, type: str, now: datetime) -> date:
    market = programs.market_of(membership.program_id, membership.market_code)
    today = periods.day_of(now, market.timezone if market else "UTC")
    return calendars.due_on(today, terms.of(membership.program_id).due_days[type], membership.market_code)


def _record(what: str, case: Case, now: datetime, by: str, **data: Any) -> None:
    trail.record(action=f"case.{what}", actor=by, obj=("case", case.pk), at=now, data=data)
