"""Reading what was given: awards, why they were given, and what still waits to be scored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.db import connection, transaction

from earning.models import Award, Claim, Mark
from earning.terms import Terms
from programs import queries as programs
from rules_engine import queries as rulebooks
from rules_engine.core import sentences, verdicts
from rules_engine.core.formats import Formats
from rules_engine.core.rulebook import Rulebook


@dataclass(frozen=True)
class Part:
    """One term of the addition: what one rule gave, as it stands in the ledger."""

    rule: str
    points: int
    currency_code: str
    text: str
    detail: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Near:
    """A rule that nearly applied: what it gives, what was found, what was missing."""

    rule: str
    text: str
    detail: str
    missing: str


@dataclass(frozen=True)
class Explanation:
    """`parts` add up to `total` (points by currency code), which is what the awards of the activity say."""

    parts: list[Part] = field(default_factory=list)
    near: list[Near] = field(default_factory=list)
    total: dict[str, int] = field(default_factory=dict)


def is_waiting(activity_id: int, holder_id: int) -> bool:
    """Whether something of this activity is still to be scored."""
    marks = Mark.objects.filter(bucket=holder_id % 64, holder_id=holder_id)
    return marks.filter(activity_id=activity_id).exists() or marks.filter(activity_id=None).exists()


def is_set_aside(holder_id: int) -> bool:
    """Whether scoring this holder went on failing, so that nothing of its goes on until somebody has looked."""
    return Claim.objects.filter(holder_id=holder_id, quarantined_reason__isnull=False).exists()


def awards_of(activity_id: int, holder_id: int) -> list[Award]:
    """The awards of one activity, as posted."""
    return list(Award.objects.filter(holder_id=holder_id, activity_id=activity_id))


def explain(*, activity_id: int, holder_id: int, language: str, formats: Formats | None = None) -> Explanation:
    """Why an activity gave what it gave, in sentences of a language (en or fr), with the rules that nearly applied.

    Numbers are those of the awards; words come from scoring the kept facts again. Empty for what is not the holder's.
    """
    found = _judged(activity_id, holder_id)
    if found is None:
        return Explanation()
    rulebook, told, program_id = found
    codes = rulebooks.rule_codes(program_id)
    currencies = {currency.id: currency.code for currency in programs.currencies_of(program_id)}
    awards = {codes[award.rule_id]: award for award in awards_of(activity_id, holder_id)}
    parts, near = [], []
    for verdict in told:
        award = awards.pop(verdict.rule, None)
        if award is not None:
            stands = replace(verdict, outcome="applied", wanted=award.wanted, granted=award.posted, failed=())
            if award.posted < award.wanted:
                stands = replace(stands, reason="limit")
            said = sentences.of_verdict(rulebook, stands, language, formats)
            code = currencies[award.currency_id]
            parts.append(Part(verdict.rule, award.posted, code, said.text, said.detail, verdict.lines))
        elif verdict.outcome == "near":
            said = sentences.of_verdict(rulebook, verdict, language, formats)
            near.append(Near(verdict.rule, said.text, said.detail, said.short))
    for code, award in awards.items():  # of a rule that its version no longer tells apart: the number still counts
        parts.append(Part(code, award.posted, currencies[award.currency_id], code, ""))
    total: dict[str, int] = {}
    for part in parts:
        total[part.currency_code] = total.get(part.currency_code, 0) + part.points
    return Explanation(parts, near, total)


def _judged(activity_id: int, holder_id: int) -> tuple[Rulebook, list[verdicts.Verdict], int] | None:
    """The verdicts of the version that judged the activity, on the facts as they were kept."""
    from earning import batches, difference, facts, kin, usage  # frames: only where they are asked for

    with transaction.atomic(), connection.cursor() as wrapper:
        cursor = wrapper.cursor
        batch = batches.read_one(cursor, holder_id, activity_id)
        if not batch.programs:
            return None
        terms = Terms(batch.programs[0])
        placed = kin.keyed(cursor, facts.local_moments(batch.of_program(terms.program_id), terms))
        standing = difference.posted(cursor)
        for judged in terms.judge(terms.eligible(placed)):
            read = facts.assemble(cursor, judged.activities, judged.rulebook, terms, batches.Products())
            if read.activities.is_empty():  # every line of it came back
                return judged.rulebook, [], terms.program_id
            read = facts.as_kept(read, standing, judged.rulebook)
            read = facts.with_usage(read, usage.of(cursor, terms, judged.rulebook, read.activities, standing))
            return judged.rulebook, verdicts.explain(judged.rulebook, read, activity_id), terms.program_id
    return None
