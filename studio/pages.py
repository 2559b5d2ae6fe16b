"""What the pages of the studio show: rules as sentences, drafts with their changes, versions with their differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from identity.models import StaffProfile, User
from members.models import MembershipHolder
from rules_engine import draft_contents, draft_rehearsals, ordering, portraits, queries
from rules_engine.core import differences
from rules_engine.core.errors import InvalidRulebook
from rules_engine.core.rulebook import Rulebook
from rules_engine.models import DraftRehearsal, DraftRule, RulebookDraft
from rules_engine.portraits import RulePortrait
from rules_engine.queries import StopTold, Version
from studio import checking
from studio.checking import Checked
from studio.doors import Studio
from studio.offering import Values
from values import texts

State = RulebookDraft.State
OPEN = (State.DRAFT, State.SUBMITTED, State.APPROVED)


@dataclass(frozen=True)
class Place:
    """One line of rulebooks: that of the whole program, or of a market with rules of its own."""

    market_code: str | None
    version: Version | None
    rules: tuple[RulePortrait, ...]
    to_come: tuple[Version, ...]
    judges: bool = True

    @property
    def asked(self) -> str:
        return self.market_code or ""


@dataclass(frozen=True)
class Told:
    """A version in the history: what it changed, in sentences."""

    version: Version
    changes: tuple[str, ...]
    now: bool
    by: str


@dataclass(frozen=True)
class StopLine:
    """A stop in the history: the rule's name, who stopped it, who let it go on ("" nobody yet)."""

    stop: StopTold
    name: str
    by: str
    resumed_by: str


@dataclass(frozen=True)
class RuleLine:
    """A rule of a draft. `mark`: new, changed, removed or ""; `checked` of those that differ, and of half-written."""

    row: DraftRule
    name: str
    sentence: str
    mark: str
    checked: Checked | None


@dataclass(frozen=True)
class Phase:
    """One phase of the order of work and its rules, first to last."""

    name: str
    says: str
    lines: tuple[RuleLine, ...]


def places(studio: Studio) -> list[Place]:
    """What is in force and what is to come, the program's own first, then markets with their own."""
    versions = queries.rulebooks_for(studio.program.pk)
    codes: list[str | None] = [None, *(one.code for one in studio.markets)]
    found = []
    for code in codes:
        own = [one for one in versions if one.market_code == code]
        if code is not None and not own:
            continue
        now = next((one for one in own if one.holds_at(studio.now)), None)
        later = tuple(one for one in own if one.begins_at is not None and one.begins_at > studio.now)
        rules = portraits.of_version(now, studio.language, studio.money_of(code)) if now else []
        # where every market has rules of its own, those of the program judge nothing
        judges = code is not None or {one.market_code for one in versions if one.holds_at(studio.now)} < {
            None, *codes
        }  # fmt: skip
        found.append(Place(code, now, tuple(rules), later, judges))
    return found


def place_of(found: list[Place], asked: str | None) -> Place:
    """The place that is asked for ("" the whole program), else the first whose rules judge anything."""
    if asked is not None:
        for place in found:
            if (place.market_code or "") == asked:
                return place
    return next((place for place in found if place.judges), found[0])


def history(studio: Studio, market_code: str | None) -> list[Told]:
    """Every version of a place there was, the latest first, with what it changed against the one before it."""
    versions = [one for one in queries.history_of(studio.program.pk) if one.market_code == market_code]
    names, money = people({one.published_by for one in versions}), studio.money_of(market_code)
    return [
        Told(
            one,
            tuple(changes(portraits.predecessor(one, versions), one.document, studio.language, money)),
            one.state == "published" and one.holds_at(studio.now),
            names.get(one.published_by, one.published_by),
        )
        for one in versions
    ]


def stops(studio: Studio, place: Place) -> list[StopLine]:
    """Every press of the kill switch and how it ended, the latest first."""
    found = queries.stops_of(studio.program.pk)
    names = people({one.by for one in found} | {one.resumed_by for one in found})
    called = {rule.code: rule.name for rule in place.rules}
    return [
        StopLine(one, called.get(one.code, one.code), names.get(one.by, one.by),
                 names.get(one.resumed_by, one.resumed_by))
        for one in found
    ]  # fmt: skip


def changes(before: Version | None, document: Mapping[str, Any], language: str, money: str) -> list[str]:
    """What a document changed, in sentences, amounts in that currency; nothing to say of the first."""
    if before is None:
        return []
    try:
        old, new = Rulebook.from_document(before.document), Rulebook.from_document(document)
    except InvalidRulebook:
        return []
    return differences.between(old, new, language, money)


def open_drafts(studio: Studio) -> list[RulebookDraft]:
    return list(
        RulebookDraft.objects.filter(program=studio.program, state__in=OPEN)
        .select_related("based_on")
        .order_by("-changed_at")[:50]
    )


def rule_lines(studio: Studio, draft: RulebookDraft) -> list[RuleLine]:
    """The rules of a draft with what became of each."""
    values, money = Values(studio.program, studio.language), studio.money_of(draft.market_code)
    lines = []
    for row in draft.rules.all():
        mark = mark_of(row)
        checked = checking.check(draft, row, values, studio.language, money)
        name = texts.in_language(row.sketch.get("name") or {}, studio.language) or (
            row.code if row.origin else _("A rule without a name")
        )
        lines.append(RuleLine(row, name, checked.sentence, mark, checked if mark in ("new", "changed") else None))
    # what differs is what one came for; the rest stays in the order of the rulebook
    return sorted(lines, key=lambda line: not line.mark)


def phases(studio: Studio, draft: RulebookDraft) -> list[Phase]:
    """The rules of a draft in the order in which they work; phases without a rule are left out."""
    labels = {
        "exclusion": (_("Exclusions"), _("What they take out is invisible to every rule after them.")),
        "base": (_("Base"), _("What everybody earns.")),
        "multiplier": (_("Multipliers"), _("They count the base points of their lines again.")),
        "bonus": (_("Bonuses"), _("They come last, on top.")),
    }
    lines = {line.row.pk: line for line in rule_lines(studio, draft)}
    return [
        Phase(*labels[phase], tuple(lines[row.pk] for row in rows))
        for phase, rows in ordering.by_phase(draft).items()
        if rows
    ]


def rehearsals(draft: RulebookDraft) -> list[tuple[DraftRehearsal, bool]]:
    """The last three books that ended, and whether the draft was changed since."""
    ended = draft.rehearsed.exclude(state__in=("waiting", "running")).select_related("draft")
    return [(one, draft_rehearsals.is_stale(one)) for one in ended.order_by("-asked_at", "-pk")[:3]]


def mark_of(row: DraftRule) -> str:
    if row.removed:
        return "removed"
    if row.origin is None:
        return "new"
    return "changed" if row.document != row.origin else ""


def draft_changes(studio: Studio, draft: RulebookDraft) -> list[str]:
    """What the draft would change, as far as its rules are whole."""
    if draft.based_on is None:
        return []
    document = {**draft_contents.frame_of(draft), "rules": checking.whole_rules(draft)}
    try:
        old, new = Rulebook.from_document(draft.based_on.content), Rulebook.from_document(document)
    except InvalidRulebook:
        return []
    return differences.between(old, new, studio.language, studio.money_of(draft.market_code))


def people(actors: set[str]) -> dict[str, str]:
    """What colleagues call those whom the trail names `user:7`."""
    keys = [int(actor[5:]) for actor in actors if actor.startswith("user:") and actor[5:].isdigit()]
    named = dict(StaffProfile.objects.filter(user_id__in=keys).values_list("user_id", "display_name"))
    emails = dict(User.objects.filter(pk__in=keys).values_list("pk", "email"))
    called = {f"user:{key}": named.get(key) or capfirst(emails.get(key, "").partition("@")[0]) for key in keys}
    called |= {actor: _("The command line") for actor in actors if actor.startswith("command:")}
    return {actor: name for actor, name in called.items() if name}


def person(actor: str) -> str:
    return people({actor}).get(actor, actor)


def numbers_of(holder_ids: list[int]) -> dict[int, str]:
    """The member's number of each holder."""
    rows = MembershipHolder.objects.filter(holder_id__in=holder_ids, until_at=None)
    return dict(rows.values_list("holder_id", "membership__number"))


def moment_of(day: str, zone: str) -> datetime | None:
    """The beginning of a day typed in a form, in the market's zone; None for an empty or impossible one."""
    from datetime import date

    from values import periods

    try:
        return periods.begins_at(date.fromisoformat(day), zone) if day else None
    except ValueError:
        return None
