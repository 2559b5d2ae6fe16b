"""What is odd about a rulebook before it is published: rules that never give, always give, meet or hide each other.

Findings are advice; an "error" is a rule that certainly does nothing, or names what does not exist.
"""

from collections.abc import Iterator

from rules_engine.core import reasoning, vocabulary
from rules_engine.core.conditions import All, Condition
from rules_engine.core.findings import Finding, found
from rules_engine.core.reasoning import Asked
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Rule
from rules_engine.core.vocabulary import Vocabulary

__all__ = ["Finding", "Vocabulary", "lint"]

# Pairs of rules are compared until that many have been: a thousand rules would have half a million.
MOST_PAIRS = 5_000
MOST_EFFORT = 2_000_000  # about two seconds; after that everything counts as possible


def lint(rulebook: Rulebook, known: Vocabulary | None = None) -> list[Finding]:
    """All findings, in the order of the rules as written. Without a vocabulary no name is called unknown."""
    return _Linting(rulebook, known or Vocabulary()).findings()


class _Linting:
    def __init__(self, rulebook: Rulebook, known: Vocabulary):
        self._rulebook = rulebook
        self._known = known
        self._asked = {rule.code: _asked(rule) for rule in rulebook.rules}
        self._dead: set[str] = set()
        self._pairs_left = MOST_PAIRS
        self._reasoning = reasoning.Reasoning(MOST_EFFORT)

    def findings(self) -> list[Finding]:
        alone = [finding for rule in self._rulebook.rules for finding in self._of_one(rule)]
        everything = [*alone, *self._hidden(), *self._overlaps()]
        places = {rule.code: place for place, rule in enumerate(self._rulebook.rules)}
        return sorted(everything, key=lambda finding: places.get(finding.rule or "", -1))

    # One rule by itself

    def _of_one(self, rule: Rule) -> Iterator[Finding]:
        at = f"rules[{self._rulebook.place_of(rule.code)}]"
        yield from vocabulary.unknown_names(rule, at, self._known)
        if (dead := self._never(rule, at)) is not None:
            self._dead.add(rule.code)
            yield dead
            return
        if rule.when is not None and self._reasoning.always(rule.when, rule.trigger):
            yield found(f"{at}.when", rule, "warning", "always_when")
        elif rule.when is None and rule.valid is None and rule.earn.fixed is not None and not rule.caps:
            yield found(at, rule, "warning", "always_fixed")
        if (
            rule.earn.multiply is not None
            and rule.earn.multiply > 1
            and not any(cap.of == "points" for cap in rule.caps)
        ):
            yield found(f"{at}.earn.multiply", rule, "warning", "no_cap")
        if missing := self._known.languages_without(rule.name):
            yield found(f"{at}.name", rule, "warning", "language", languages=", ".join(missing))

    def _never(self, rule: Rule, at: str) -> Finding | None:
        if rule.earn.multiply is not None:
            if rule.earn.multiply == 1:
                return found(f"{at}.earn.multiply", rule, "error", "times_one")
            if not any(base.trigger == rule.trigger for base in self._rulebook.bases_of(rule)):
                return found(f"{at}.earn.multiply", rule, "error", "no_base")
        if rule.when is not None and not self._reasoning.possible([(rule.when, True)], rule.trigger):
            return self._contradiction(rule, rule.when, f"{at}.when")
        if not self._reasoning.possible(self._asked[rule.code], rule.trigger):
            return found(f"{at}.valid", rule, "error", "never_valid")
        return self._excluded(rule, at)

    def _contradiction(self, rule: Rule, when: Condition, at: str) -> Finding:
        if isinstance(when, All):
            for place, part in enumerate(when.all):
                if not self._reasoning.possible([(part, True)], rule.trigger):
                    return found(f"{at}.all[{place}]", rule, "error", "never")
            if (pair := self._reasoning.clash(when.all, rule.trigger)) is not None:
                return found(f"{at}.all[{pair[1]}]", rule, "error", "contradicts", part=pair[0] + 1)
        return found(at, rule, "error", "never")

    def _excluded(self, rule: Rule, at: str) -> Finding | None:
        """Whether an exclusion takes out every line the rule could match."""
        if rule.earn.exclude or rule.scope != "line" or rule.when is None:
            return None
        for other in self._rulebook.excluding:
            if other.trigger == rule.trigger and self._follows(rule, other):
                return found(f"{at}.when", rule, "error", "excluded", other=other.code)
        return None

    # Two rules

    def _hidden(self) -> Iterator[Finding]:
        """Rules after one that stops whenever they could give."""
        stopping: list[Rule] = []
        for rule in self._rulebook.earning:
            for other in stopping:
                if other.trigger == rule.trigger and rule.code not in self._dead and self._follows(rule, other):
                    at = f"rules[{self._rulebook.place_of(rule.code)}]"
                    yield found(at, rule, "warning", "unreachable", other=other.code)
                    break
            if rule.combine.stop and rule.code not in self._dead:
                stopping.append(rule)

    def _follows(self, rule: Rule, other: Rule) -> bool:
        """Whether wherever `rule` matches, `other` certainly does too."""
        if other.valid is not None and not reasoning.is_of_whole_hours(other.valid):
            return False
        return self._may_compare() and not any(
            self._reasoning.possible([*self._asked[rule.code], (condition, not wanted)], rule.trigger)
            for condition, wanted in self._asked[other.code]
        )

    def _overlaps(self) -> Iterator[Finding]:
        """Rules of one phase and currency that count the same purchase: said once for each later rule."""
        for phase in ("base", "multiplier"):
            rules = [one for one in self._rulebook.earning if one.phase == phase and one.code not in self._dead]
            for place, rule in enumerate(rules):
                if (first := next((one for one in rules[:place] if self._meet(one, rule)), None)) is not None:
                    at = f"rules[{self._rulebook.place_of(rule.code)}]"
                    text = "adds_up" if phase == "base" else f"multipliers_{self._rulebook.settings.multipliers}"
                    yield found(at, rule, "warning", text, other=first.code)

    def _meet(self, one: Rule, other: Rule) -> bool:
        grouped = one.combine.group is not None and one.combine.group == other.combine.group
        if grouped or one.combine.stop or one.trigger != other.trigger or not self._may_compare():
            return False
        if self._rulebook.currency_of(one) != self._rulebook.currency_of(other):
            return False
        return self._reasoning.possible([*self._asked[one.code], *self._asked[other.code]], one.trigger)

    def _may_compare(self) -> bool:
        self._pairs_left -= 1
        return self._pairs_left >= 0


def _asked(rule: Rule) -> list[Asked]:
    asked = reasoning.of_validity(rule.valid)
    return asked if rule.when is None else [*asked, (rule.when, True)]
