"""A draft as the playbook a book of acceptance runs on: the program as it is, with the draft's rules."""

from __future__ import annotations

import re
from datetime import datetime

from playbooks import canonical, exporting
from rules_engine import draft_contents
from rules_engine.models import RulebookDraft

FILE = "draft"
"""A book that says `playbook: draft` runs on it: the file of that name beside the book."""
_SAYS = re.compile(rf"(?m)^playbook:[ \t]*[\"']?{FILE}[\"']?[ \t]*(#.*)?\r?$")


def is_asked_for(book: str) -> bool:
    """Whether a book runs on the draft beside which it stands."""
    return _SAYS.search(book) is not None


def playbook_of(draft: RulebookDraft, *, now: datetime) -> str:
    """The playbook's text. Raises draft_contents.NotReady while a rule is not whole."""
    content = draft_contents.content_of(draft)
    tree = exporting.of_program(draft.program, now=now)
    everywhere, there = exporting.rulebooks_at(draft.program, now)
    if draft.market_code is None:
        everywhere = content
    else:
        there[draft.market_code] = content
    base = everywhere or content
    tree["rules"] = canonical.rules(base)
    rewards = {code: said.get("rewards", {}) for code, said in tree.get("markets_override", {}).items()}
    tree["markets_override"] = canonical.by_market(
        {code: canonical.overrides(base, book) for code, book in there.items()}, rewards,
        {code: canonical.order(base, book) for code, book in there.items()},
    )  # fmt: skip
    # a book shows nobody anything: looks name files beside the playbook, and there are none
    tree["program"] = {key: value for key, value in tree["program"].items() if key != "theme"}
    tree["banners"] = [{"code": one["code"]} for one in tree.get("banners", [])]
    kept = {key: value for key, value in tree.items() if key != "terms" and value not in ([], {})}
    return exporting.written({"version": 1, **kept})
