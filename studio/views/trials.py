from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from programs import queries as programs
from rules_engine import draft_contents
from rules_engine.core.errors import InvalidFacts, InvalidRulebook
from rules_engine.core.rulebook import Rulebook
from rules_engine.models import RulebookDraft
from studio import checking, choices, doors, pages, wording
from studio.doors import Studio
from values import texts


@dataclass(frozen=True)
class Bar:
    """A pair of bars of the chart, in its units: `x` of the left one, heights from the ground."""

    x: float
    label: str
    before: int
    after: int
    was: float
    now: float


@require_safe
@doors.of_program
def show(request: HttpRequest, studio: Studio, draft_id: int) -> HttpResponse:
    """Try the draft on a period: the answer is the panel, filled."""
    draft = studio.draft(draft_id)
    values: dict[str, Any] = {"draft": draft, "row_code": request.GET.get("rule", ""), **panel(studio, request)}
    values.update(_tried(studio, draft, values["from_on"], values["until_on"]))
    return doors.part(request, "studio/_trial.html", studio, values)


def panel(studio: Studio, request: HttpRequest | None = None) -> dict[str, Any]:
    """The periods one can choose, and the one that is chosen."""
    from earning import trial_frames  # brings frames along: only when it is asked for

    span = trial_frames.span(studio.program)
    if span is None:
        return {"periods": [], "from_on": None, "until_on": None, "chosen": ""}
    offered = choices.periods(*span)
    asked = request.GET.get("period", "") if request else ""
    try:
        first, _dots, last = asked.partition("_")
        chosen = (date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        chosen = offered[0][1:]
    if chosen[0] > chosen[1]:
        chosen = (chosen[1], chosen[0])
    return {
        "periods": [(f"{begin}_{end}", label) for label, begin, end in offered],
        "from_on": chosen[0],
        "until_on": chosen[1],
        "chosen": f"{chosen[0]}_{chosen[1]}",
    }


def _tried(studio: Studio, draft: RulebookDraft, from_on: date | None, until_on: date | None) -> dict[str, Any]:
    from earning import trial_frames, trials

    rules = checking.whole_rules(draft)
    left_out = draft.rules.filter(removed=False).count() - len(rules)
    try:
        rulebook = Rulebook.from_document({**draft_contents.frame_of(draft), "rules": rules})
    except InvalidRulebook as wrong:
        return {
            "refused": _("The rules do not fit together yet: %(why)s")
            % {"why": wording.refusal(wrong.problems[0].message)}
        }
    if from_on is None or until_on is None:
        return {"refused": _("Nobody did anything in this program yet: there is nothing to try it on.")}
    try:
        trial = trials.try_out(
            program=studio.program, draft=rulebook, from_on=from_on, until_on=until_on, now=studio.now,
            market_code=draft.market_code,
        )  # fmt: skip
    except trial_frames.NothingHappened:
        if draft.market_code is None and not pages.places(studio)[0].judges:
            return {
                "refused": _("Every market has rules of its own: a draft for one of them judges what happens there.")
            }
        return {"refused": _("Nothing that these rules judge happened in this period: choose another one.")}
    except trial_frames.TooMuch:
        return {"refused": _("This period holds too many lines to try at once: choose a shorter one.")}
    except InvalidFacts as wrong:
        return {"refused": str(wrong)}
    return {"trial": trial, "left_out": left_out, **_shown(studio, draft, trial)}


def _shown(studio: Studio, draft: RulebookDraft, trial: Any) -> dict[str, Any]:
    """The trial in the program's words: names of rules, members and stores, bars of the chart."""
    named = {row.code: texts.in_language(row.sketch.get("name") or {}, studio.language) for row in draft.rules.all()}
    currencies = {one.code: one for one in programs.currencies_of(studio.program.pk)}
    scale = currencies[trial.main].scale if trial.main in currencies else 0
    main = next((one for one in trial.currencies if one.code == trial.main), None)
    stores = {one.code: texts.in_language(one.names, studio.language, one.code) for one in
              programs.stores_of(studio.program.pk)}  # fmt: skip
    holders = [one.holder_id for one in (*trial.winners, *trial.losers)]
    return {
        "main": main,
        "main_name": texts.in_language(currencies[trial.main].names, studio.language, trial.main)
        if trial.main in currencies else trial.main,
        "scale": scale,
        "rules": [(one, named.get(one.code) or one.code, currencies[one.currency].scale
                   if one.currency in currencies else 0) for one in trial.rules],
        "bars": _bars(trial),
        "stores": stores,
        "numbers": pages.numbers_of(holders),
        "seconds": studio.formats().number(Decimal(max(1, trial.milliseconds // 100)).scaleb(-1)),
        "share": _share(main),
    }  # fmt: skip


def _share(main: Any) -> str:
    """How much more, in tenths of a percent of what is given today."""
    if main is None or not main.before:
        return ""
    tenths = abs(main.more) * 1000 // abs(main.before)
    return f"{tenths // 10}.{tenths % 10}"


HEIGHT = 106
WIDTH = 396


def _bars(trial: Any) -> list[Bar]:
    highest = max((max(one.before, one.after) for one in trial.distribution), default=0) or 1
    step = WIDTH / max(1, len(trial.distribution))
    bars = []
    for number, one in enumerate(trial.distribution):
        label = f"≤ {one.high}" if one.high else f"> {one.low - 1}"
        was, now = one.before * HEIGHT / highest, one.after * HEIGHT / highest
        bars.append(Bar(round(number * step + 2, 1), label, one.before, one.after, round(was, 1), round(now, 1)))
    return bars
