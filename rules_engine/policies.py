"""What may happen to a rulebook or a draft in its state, and by whom. Pairs: `check_x` raises, `can_x` answers.

A rulebook reaches every banner of its program, and its market or all of them: whoever changes it needs the right in
each of these places, whoever reads it in one of them.
"""

from __future__ import annotations

from typing import Any

import rules

from identity import rights
from identity.rights import NotAllowed, Scope
from programs import queries as programs
from rules_engine.models import RulebookDraft

State = RulebookDraft.State


class WrongState(Exception):
    """The draft is past that: what was submitted, approved or published is not written any more."""


class SamePerson(Exception):
    """Whoever wrote a draft does not approve it."""


def reach(program: Any, market_code: str | None) -> list[Scope]:
    """Every banner in every market that a rulebook of this program and market decides for."""
    markets = [market_code] if market_code else [market.code for market in programs.markets_of(program.pk)]
    banners = [banner.code for banner in program.banners.all()]
    return [Scope(banner=banner, market=market) for banner in banners or [""] for market in markets or [""]]


def may_somewhere(user: Any, action: str, program: Any, market_code: str | None = None) -> bool:
    """Whether the right reaches some part of it: enough to read."""
    return any(rights.may(user, action, scope) for scope in reach(program, market_code))


def may_everywhere(user: Any, action: str, program: Any, market_code: str | None = None) -> bool:
    """Whether the right reaches all of it: what changing it asks for."""
    return all(rights.may(user, action, scope) for scope in reach(program, market_code))


def check_may(user: Any, action: str, program: Any, market_code: str | None = None) -> None:
    """Raises NotAllowed unless the right reaches all of it."""
    if not may_everywhere(user, action, program, market_code):
        raise NotAllowed(action)


def can_edit(draft: RulebookDraft) -> bool:
    return draft.state == State.DRAFT


def check_edit(draft: RulebookDraft) -> None:
    """Raises WrongState."""
    if not can_edit(draft):
        raise WrongState(f"the draft is {draft.state}: it is not written any more")


def can_approve(draft: RulebookDraft, actor: str) -> bool:
    return draft.state == State.SUBMITTED and actor not in draft.writers


def check_approve(draft: RulebookDraft, actor: str) -> None:
    """Raises WrongState, SamePerson."""
    if draft.state != State.SUBMITTED:
        raise WrongState(f"the draft is {draft.state}: only what was submitted is approved")
    if actor in draft.writers:
        raise SamePerson("a draft is approved by somebody who did not write in it")


def check_publish(draft: RulebookDraft) -> None:
    """Raises WrongState."""
    if draft.state != State.APPROVED:
        raise WrongState(f"the draft is {draft.state}: only what was approved is published")


@rules.predicate
def writes_it(user: Any, draft: RulebookDraft | None) -> bool:
    """django-rules: may change this draft now."""
    return (
        draft is not None
        and can_edit(draft)
        and may_everywhere(user, "rulebooks.write", draft.program, draft.market_code)
    )


@rules.predicate
def approves_it(user: Any, draft: RulebookDraft | None) -> bool:
    """django-rules: may approve this draft now."""
    return (
        draft is not None
        and can_approve(draft, f"user:{user.pk}")
        and may_everywhere(user, "rulebooks.approve", draft.program, draft.market_code)
    )


@rules.predicate
def publishes_it(user: Any, draft: RulebookDraft | None) -> bool:
    """django-rules: may publish this draft now."""
    return (
        draft is not None
        and draft.state == State.APPROVED
        and may_everywhere(user, "rulebooks.publish", draft.program, draft.market_code)
    )


for _name, _predicate in (
    ("rulebook_drafts.write", writes_it),
    ("rulebook_drafts.approve", approves_it),
    ("rulebook_drafts.publish", publishes_it),
):
    if not rules.perm_exists(_name):
        rules.add_perm(_name, _predicate)
