"""What each kind of step does: one call of the use case a door or a worker would make, at the step's moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from activity import single
from earning import pending, quoting, rescoring
from ledger import cancelling, posting
from playbooks import importing
from playbooks.rehearsals import people, redeeming
from playbooks.rehearsals.format import PEOPLE, REFUSALS, REWARDS, Step
from playbooks.rehearsals.played import Done, Made, Played
from playbooks.rehearsals.stage import BY, OTHER, Stage, StageBroke, card_number, work
from programs import lifetimes
from programs import queries as programs
from values import periods


def do(stage: Stage, place: int, step: Step) -> Done:
    """Do one step. What a use case refuses by a stable name comes back in `refused`; anything else is raised."""
    try:
        done = _DOING[step.kind](stage, Played(place, step, stage.key("step", place)), step.at)
    except Exception as error:
        if (name := type(error).__name__) in REFUSALS:
            return Done(refused=name)
        raise
    if step.as_ and done.made is not None:
        stage.made[step.as_] = done.made
    work(step.at)
    return done


# activity


def _activity(stage: Stage, played: Played, now: datetime) -> Done:
    what, kind = played.step.what, played.step.kind
    if what.member in stage.people or kind == "return":
        stage.owners[what.id] = what.member or stage.owners.get(getattr(what, "of", None) or "", "")
    head = _head(stage, what, kind, now)
    rows = [{**head, **row} for row in _rows(what, kind)] or [head]
    landed = single.land_one(rows, source=stage.source, program=stage.program, now=now, spoken=True)
    if landed.activity_id is not None:
        stage.activity[what.id] = landed.activity_id
    if landed.state == "quarantined":
        return Done(quarantined=landed.reason or "InvalidField", activity_id=None)
    return Done(waiting=landed.reason or "", activity_id=landed.activity_id)


def _head(stage: Stage, what: Any, kind: str, now: datetime) -> dict[str, str]:
    person = stage.people.get(what.member)
    said = {
        "receipt_id": what.id,
        "kind": kind,
        "occurred_at": (what.occurred or now).isoformat(),
        "store": what.store,
        "channel": what.channel,
        "card": what.card and card_number(what.card),
        "member": person.number if person else what.member and f"nobody-{what.member}"[:32],
        "currency": getattr(what, "currency", None),
        "event_type": getattr(what, "type", None),
        "original_receipt_id": getattr(what, "of", None),
        **{f"attr.{name}": value for name, value in what.attributes.items()},
    }
    return {name: value for name, value in said.items() if value}


_NAMES = {"name": "product_name"}
_LINE = ("sku", "name", "category", "brand", "quantity", "unit_price", "gross", "discount", "net", "tax")


def _rows(what: Any, kind: str) -> list[dict[str, str]]:
    """The lines as a file has them, tenders beside them; a return's amounts need not be printed on it."""
    rows: list[dict[str, str]] = []
    for place, line in enumerate(getattr(what, "lines", ())):
        row = {_NAMES.get(name, name): getattr(line, name) for name in _LINE if getattr(line, name) is not None}
        if kind == "return" and not {"gross", "unit_price"} & row.keys():
            row["gross"] = "0"
        row |= {f"line.{name}": value for name, value in line.attributes.items()}
        rows.append({"line": str(place + 1), **row})
    for place, tender in enumerate(getattr(what, "tenders", ())):
        if place >= len(rows):
            rows.append({})  # paid in more ways than there are lines
        rows[place] |= {"tender": tender.kind} | ({"tender_amount": tender.amount} if tender.amount else {})
    return rows


def _deliver(stage: Stage, played: Played, now: datetime) -> Done:
    activity_id = stage.activity.get(played.step.what.of)
    if activity_id is None:
        raise StageBroke(f"{played.step.what.of} was not taken, so nothing of it can be delivered")
    pending.deliver(program=stage.program, activity_id=activity_id, now=now, by=BY)
    return Done()


# points


def _clock(stage: Stage, played: Played, now: datetime) -> Done:
    return Done()


def _adjust(stage: Stage, played: Played, now: datetime) -> Done:
    """What is given by hand lives as long as what is earned on that day."""
    what = played.step.what
    currency, holder_id = stage.currency(what.currency), stage.joined(what.member).holder_id
    dies_at = lifetimes.dies_at(currency.expiry, periods.day_of(now, stage.zone), stage.zone)
    posted = posting.adjust(
        holder_id=holder_id, currency_id=currency.id, amount=what.amount, key=played.key, now=now, actor=BY,
        expires_at=dies_at if what.amount > 0 else None, source_type="rehearsal", cost_centre=f"reason:{what.reason}",
    )  # fmt: skip
    membership_id = stage.joined(what.member).membership_id
    return Done(made=Made(membership_id, holder_id=holder_id, posting_id=posted.posting_id))


def _transfer(stage: Stage, played: Played, now: datetime) -> Done:
    what = played.step.what
    sender, receiver = stage.joined(what.from_), stage.joined(what.to)
    moved = posting.transfer(
        from_holder=sender.holder_id, to_holder=receiver.holder_id, currency_id=stage.currency(what.currency).id,
        amount=what.amount, key=played.key, now=now, actor=BY,
    )  # fmt: skip
    return Done(made=Made(sender.membership_id, holder_id=sender.holder_id, posting_id=moved.transfer_id))


def _cancel(stage: Stage, played: Played, now: datetime) -> Done:
    """A movement that another step made."""
    made = stage.made_by(played.step.what.of)
    cancelling.cancel(holder_id=made.holder_id, posting_id=made.posting_id, now=now, actor=BY)
    return Done()


def _quote(stage: Stage, played: Played, now: datetime) -> Done:
    what = played.step.what
    person = stage.person(what.member, what.card)
    stores = {store.code: store.id for store in programs.stores_of(stage.program.pk)}
    quote = quoting.quote(
        program=stage.program, membership_id=person.membership_id or None if person else None,
        store_id=stores.get(what.store), channel=what.channel, lines=_rows(what, "purchase"), now=now,
        currency=what.currency,
    )  # fmt: skip
    given = {code: points for code, points in quote.awards.items() if points}
    return Done(points=quote.points.get(stage.first_currency.code, 0), awards=given)


# rules


def _publish(stage: Stage, played: Played, now: datetime) -> Done:
    importing.import_checked(stage.read.publishing[played.place], now=now, by=BY)
    return Done()


def _rescore(stage: Stage, played: Played, now: datetime) -> Done:
    """Shown to one person, approved by another, and run."""
    what = played.step.what
    if what.member:
        scope = rescoring.of_member(stage.joined(what.member).membership_id)
    else:
        scope = rescoring.correction(what.from_, what.until)
    shown = rescoring.preview(program=stage.program, scope=scope, now=now, by=BY)
    rescoring.approve(preview_id=shown.pk, now=now, by=OTHER)
    rescoring.run(preview_id=shown.pk, now=now, by=OTHER)
    return Done()


_DOING: dict[str, Callable[[Stage, Played, datetime], Done]] = {
    "purchase": _activity, "return": _activity, "visit": _activity, "event": _activity, "quote": _quote,
    "clock": _clock, "adjust": _adjust, "transfer": _transfer, "cancel": _cancel, "deliver": _deliver,
    "publish": _publish, "rescore": _rescore,
    **{kind: getattr(redeeming, kind) for kind in REWARDS}, **{kind: getattr(people, kind) for kind in PEOPLE},
}  # fmt: skip
