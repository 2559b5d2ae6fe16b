"""The ladder and the rewards a playbook promises. What the file does not have, the program no longer has."""

from __future__ import annotations

from datetime import datetime

from playbooks.checking import Checked
from playbooks.report import Change, Did
from programs.models import Program
from rewards import catalogue
from tiers import ladders
from tiers.terms import dumped


def put(
    checked: Checked, program: Program, changes: list[Change], *, now: datetime, by: str, change: bool
) -> None:  # fmt: skip
    """Put the ladder up and the rewards on offer. With `change` False they stay, and what differs is told."""
    _put_ladder(checked, program, changes, now=now, by=by, change=change)
    _put_rewards(checked, program, changes, now=now, by=by, change=change)


def _put_ladder(
    checked: Checked, program: Program, changes: list[Change], *, now: datetime, by: str, change: bool
) -> None:  # fmt: skip
    wanted = checked.playbook.tiers
    standing = ladders.document_of(program)
    if (dumped(wanted) if wanted else None) == standing:
        return
    code = wanted.ladder if wanted else str((standing or {}).get("ladder", "main"))
    if not change:
        changes.append(Change("left", "ladder", code))
        return
    ladders.put(program=program, document=wanted, now=now, by=by)
    did: Did = "withdrawn" if wanted is None else "changed" if standing else "created"
    changes.append(Change(did, "ladder", code))


def _put_rewards(
    checked: Checked, program: Program, changes: list[Change], *, now: datetime, by: str, change: bool
) -> None:  # fmt: skip
    wanted = checked.playbook.rewards
    there = {market: override.rewards for market, override in checked.playbook.markets_override.items()}
    offered = {document["code"]: document for document in catalogue.documents_of(program)}
    if not wanted and not offered:
        return
    if not change:
        written = {reward.code: reward.document() for reward in wanted}
        said = {market: {code: one.document() for code, one in rewards.items()} for market, rewards in there.items()}
        known = catalogue.there_of(program)
        different = [
            code
            for code in {**written, **offered}
            if written.get(code) != offered.get(code)
            or any(said.get(one, {}).get(code) != known.get(one, {}).get(code) for one in {**said, **known})
        ]
        changes += [Change("left", "reward", code) for code in different]
        return
    kept = {reward.code for reward in wanted}
    for code in catalogue.put(program=program, documents=wanted, there=there, now=now, by=by):
        did: Did = "withdrawn" if code not in kept else "changed" if code in offered else "created"
        changes.append(Change(did, "reward", code))
