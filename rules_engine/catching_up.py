"""A draft and the version it was copied from: whether another was published since, and taking that one over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from rules_engine import draft_access, draft_contents, queries, sketches
from rules_engine.models import DraftRule, RulebookDraft

State = RulebookDraft.State


class OutOfDate(Exception):
    """Another version was published since the draft was begun: catch up with it, look again, then submit."""


def catch_up(*, draft_id: int, now: datetime, by: str) -> RulebookDraft:
    """Take over what was published since: its rules, except those this draft changed, added or left out; and its order,
    unless this draft moved rules itself. A rule that only one of the two has comes behind the one it followed there.
    """
    with transaction.atomic():
        draft = draft_access.editable(draft_id)
        base = newest(draft.program_id, draft.market_code)
        if base is None or base.id == draft.based_on_id:
            return draft
        document = dict(base.document)
        published = {rule["code"]: rule for rule in document.pop("rules", [])}
        theirs, moved = list(published), _moved(draft)
        for rule in list(draft.rules.all()):
            fresh = published.pop(rule.code, None)
            touched = rule.removed or rule.origin is None or rule.document != rule.origin
            if fresh is None and not touched:
                rule.delete()
                continue
            rule.origin = fresh
            if fresh is not None and not touched:
                rule.document, rule.sketch = fresh, sketches.of_document(fresh, draft_contents.scale_of(draft))
            rule.revision += 1
            rule.save()
        ours = list(draft.rules.values_list("code", flat=True))
        order = _woven(ours, theirs) if moved else _woven(theirs, ours)
        DraftRule.objects.bulk_create(
            draft_contents.row(draft, order.index(code), rule, origin=rule, now=now, by=by)
            for code, rule in published.items()
        )
        for place, code in enumerate(order):
            draft.rules.filter(code=code).exclude(place=place).update(place=place)
        draft.frame, draft.based_on_id = document, base.id
        draft_access.touch(draft, now, by)
        draft_access.tell("rulebook.draft_caught_up", draft, by, now, version=base.version)
        return draft


def is_out_of_date(draft: RulebookDraft) -> bool:
    """Whether a version was published that this draft does not know."""
    latest = newest(draft.program_id, draft.market_code)
    return draft.state in (State.DRAFT, State.SUBMITTED, State.APPROVED) and (
        (latest.id if latest else None) != draft.based_on_id
    )


def check_up_to_date(draft: RulebookDraft) -> None:
    if is_out_of_date(draft):
        raise OutOfDate("another version was published since this draft was begun: catch up with it first")


def newest(program_id: int, market_code: str | None) -> queries.Version | None:
    """The version published last for a place: its market's own, else the program's."""
    versions = queries.rulebooks_for(program_id)
    own = [version for version in versions if version.market_code == market_code]
    return max(own or [one for one in versions if one.market_code is None], key=lambda one: one.version, default=None)


def _moved(draft: RulebookDraft) -> bool:
    """Whether the rules that the draft still has of the version below stand in another order than there."""
    below = [rule["code"] for rule in (draft.based_on.content if draft.based_on else {}).get("rules", [])]
    ours = [code for code in draft.rules.values_list("code", flat=True) if code in below]
    return ours != [code for code in below if code in ours]


def _woven(first: list[str], second: list[str]) -> list[str]:
    """The order of `first`; what only `second` has stands behind the one it follows there."""
    order = list(first)
    for before, code in zip([None, *second], second, strict=False):
        if code not in order:
            order.insert(order.index(before) + 1 if before is not None else 0, code)
    return order
