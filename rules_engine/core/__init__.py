"""The pure core: a rulebook and frames of facts in, awards and verdicts out. No Django, no clock, no chance."""

from rules_engine.core.errors import InvalidFacts, InvalidRulebook, Problem
from rules_engine.core.facts import Facts
from rules_engine.core.limits import usage_periods
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.scoring import Scored, score
from rules_engine.core.verdicts import Failed, Verdict, explain

__all__ = [
    "Facts",
    "Failed",
    "InvalidFacts",
    "InvalidRulebook",
    "Problem",
    "Rulebook",
    "Scored",
    "Verdict",
    "explain",
    "score",
    "usage_periods",
]
