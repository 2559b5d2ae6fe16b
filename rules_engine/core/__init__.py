"""The pure core: a rulebook and frames of facts in, awards and verdicts out. No Django, no clock, no chance."""

from rules_engine.core.errors import InvalidFacts, InvalidRulebook, Problem
from rules_engine.core.facts import Facts
from rules_engine.core.limits import usage_periods
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.scoring import Scored, score

__all__ = ["Facts", "InvalidFacts", "InvalidRulebook", "Problem", "Rulebook", "Scored", "score", "usage_periods"]
