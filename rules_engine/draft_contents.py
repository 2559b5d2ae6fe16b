"""What a draft says: its document as far as it is written, and the rulebook it makes when it is whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from programs import queries as programs
from rules_engine import fair_copies, sketches
from rules_engine.models import DraftRule, RulebookDraft

if TYPE_CHECKING:
    from rules_engine.core.rulebook import Rulebook


class NotReady(Exception):
    """The draft is no rulebook yet. `problems`: (code of the rule or "", sentence)."""

    def __init__(self, problems: Iterable[tuple[str, str]]):
        self.problems = list(problems)
        super().__init__("; ".join(f"{code}: {text}" if code else text for code, text in self.problems))


def document_of(draft: RulebookDraft) -> dict[str, Any]:
    """The document of the draft as far as it is written, rules left out not in it."""
    return {**frame_of(draft), "rules": [rule.document for rule in draft.rules.all() if not rule.removed]}


def frame_of(draft: RulebookDraft) -> dict[str, Any]:
    """Its document without the rules. What a market's draft writes is the market's own word, as in its part of a
    playbook: `overridden` says which rules."""
    if draft.market_code is None:
        return dict(draft.frame)
    before = draft.frame.get("overridden") or ()
    rules = [rule for rule in draft.rules.all() if not rule.removed]
    own = sorted(rule.code for rule in rules if rule.code in before or rule.document != rule.origin)
    return {**draft.frame, "overridden": own}


def content_of(draft: RulebookDraft) -> Rulebook:
    """The draft as a rulebook. Raises NotReady naming every rule that is not finished."""
    from rules_engine.core.errors import InvalidRulebook
    from rules_engine.core.rulebook import Rulebook

    rules = [rule for rule in draft.rules.all() if not rule.removed]
    problems = [
        (rule.code, "unfinished")
        for rule in rules
        if rule.document != rule.origin
        and [
            place
            for place, _what in fair_copies.document_of(rule.sketch, scale_of(draft)).unfinished
            if place != "name"
        ]  # fmt: skip
    ]
    if problems:
        raise NotReady(problems)
    try:
        return Rulebook.from_document(document_of(draft))
    except InvalidRulebook as wrong:
        raise NotReady([(_code_at(problem.path, rules), problem.message) for problem in wrong.problems]) from wrong


def scale_of(draft: RulebookDraft) -> sketches.Scale:
    """How many decimals points of a currency of this draft are shown with."""
    currencies = draft.frame.get("currencies") or [{}]
    scales = {one.get("code"): int(one.get("scale") or 0) for one in currencies}
    return lambda code: scales.get(code, int(currencies[0].get("scale") or 0))


def row(draft: RulebookDraft, place: int, rule: Mapping[str, Any], *, origin: Any, now: datetime, by: str) -> DraftRule:
    return DraftRule(
        draft=draft, place=place, code=rule["code"], document=rule, origin=origin,
        sketch=sketches.of_document(rule, scale_of(draft)), changed_at=now, changed_by=by,
    )  # fmt: skip


def empty_frame(program_id: int) -> dict[str, Any]:
    currencies = [
        {
            "code": one.code, "kind": one.kind, "scale": one.scale, "rounding": one.rounding,
            "round_per": one.round_per, **({"money": one.money} if one.money else {}),
        }
        for one in programs.currencies_of(program_id)
    ]  # fmt: skip
    return {"currencies": currencies}


def _code_at(path: str, rules: list[DraftRule]) -> str:
    found = re.match(r"rules\[(\d+)\]", path)
    return rules[int(found[1])].code if found and int(found[1]) < len(rules) else ""
