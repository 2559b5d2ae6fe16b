"""A second reading of the same rules: one activity after another, line after line, in fractions. Slow and plain."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rules_engine.core.conditions import All, AnyOf, Comparison, Lines, Not
from rules_engine.core.ratios import PLAIN_NUMBER, round_fraction
from rules_engine.core.rulebook import Rulebook
from values.money import minor_exponent

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass
class World:
    """Plain values: rows as the test wrote them."""

    activities: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    products: list[dict[str, Any]]
    stores: list[dict[str, Any]]
    usage: dict[tuple[str, str, str, str, date], list[int]] = field(default_factory=dict)


def awards(book: Rulebook, world: World) -> dict[tuple[int, str], tuple[int, int]]:
    """(activity, rule) -> (wanted, granted), where wanted is not zero."""
    used = defaultdict(lambda: [0, 0], {key: list(value) for key, value in world.usage.items()})
    result = {}
    for row in sorted(world.activities, key=lambda row: (row["occurred_at"], row["activity_id"])):
        one = Receipt(book, world, row)
        wanted = one.wanted()
        given = {code: limited(book, world, code, number, row, used) for code, number in wanted.items()}
        for code, number in never_below_zero(book, given).items():
            if wanted[code]:
                result[row["activity_id"], code] = (wanted[code], number)
    return result


class Receipt:
    def __init__(self, book: Rulebook, world: World, row: dict[str, Any]):
        self.book, self.world, self.row = book, world, row
        self.minor = 10 ** minor_exponent(row["currency"])
        self.lines = [line for line in world.lines if line["activity_id"] == row["activity_id"]]

    def wanted(self) -> dict[str, int]:
        rules = sorted(self.book.rules, key=lambda rule: ["exclusion", "base", "multiplier", "bonus"].index(rule.phase))
        for rule in rules:
            if rule.earn.exclude and self.applies(rule):
                self.lines = [line for line in self.lines if line not in self.matched(rule)]
        earning = [rule for rule in rules if not rule.earn.exclude]
        numbers = {rule.code: self.number(rule) for rule in earning}
        self.keep_best(earning, numbers)
        ended = False
        for rule in earning:
            if ended:
                numbers[rule.code] = 0
            ended = ended or (rule.combine.stop and numbers[rule.code] != 0)
        return numbers

    def keep_best(self, earning, numbers) -> None:
        groups = defaultdict(list)
        for rule in self.book.rules:
            if rule in earning and rule.combine.group:
                groups[rule.combine.group, self.book.currency_of(rule).code].append(rule.code)
        for codes in groups.values():
            something = [code for code in codes if numbers[code]]
            if something:
                winner = max(something, key=lambda code: (numbers[code], -codes.index(code)))
                for code in codes:
                    numbers[code] = numbers[code] if code == winner else 0

    # -- what a rule matches

    def applies(self, rule) -> bool:
        kind = {1: "purchase", 2: "return", 3: "visit", 4: f"event:{self.row['event_type']}"}[self.row["kind"]]
        if kind != rule.trigger or (rule.valid and not self.valid(rule.valid)):
            return False
        currency = self.book.currency_of(rule)
        other_money = self.row["currency"] not in (None, currency.money)
        if currency.kind == "cash" and other_money and rule.code not in self.book.overridden:
            return False
        return rule.scope == "line" or rule.when is None or self.holds(rule.when, None)

    def matched(self, rule) -> list[dict[str, Any]]:
        if not self.applies(rule):
            return []
        if rule.scope == "receipt" or rule.when is None:
            return list(self.lines)
        return [line for line in self.lines if self.holds(rule.when, line)]

    def valid(self, valid) -> bool:
        day, at = self.row["local_date"], self.row["local_at"]
        if (valid.from_ and day < valid.from_) or (valid.until and day > valid.until):
            return False
        return valid.weekly is None or any(self.within(hours, day, f"{at:%H:%M}") for hours in valid.weekly)

    @staticmethod
    def within(hours, day, time) -> bool:
        today, yesterday = WEEKDAYS[day.weekday()], WEEKDAYS[(day.weekday() - 1) % 7]
        if hours.from_ < hours.to:
            return today in hours.days and hours.from_ <= time < hours.to
        return (today in hours.days and time >= hours.from_) or (yesterday in hours.days and time < hours.to)

    # -- conditions

    def holds(self, condition, line) -> bool:
        match condition:
            case All(all=parts):
                return all(self.holds(part, line) for part in parts)
            case AnyOf(any=parts):
                return any(self.holds(part, line) for part in parts)
            case Not(not_=inner):
                return not self.holds(inner, line)
            case Lines(lines=test):
                return self.lines_hold(test)
            case Comparison():
                return self.compared(condition, self.found(condition.fact, line))
        raise AssertionError(condition)

    def lines_hold(self, test) -> bool:
        chosen = [line for line in self.lines if test.where is None or self.holds(test.where, line)]
        if test.any:
            return bool(chosen)
        if test.every:
            return bool(chosen) and len(chosen) == len(self.lines)
        if test.count == "lines":
            number = Fraction(len(chosen))
        elif test.count == "units":
            number = Fraction(sum(line["quantity"] for line in chosen), 1000)
        else:
            number = Fraction(sum(line[test.sum] for line in chosen), self.minor)
        return ordered(test.operator, number, test.value)

    def found(self, name: str, line) -> Any:
        row, scope, own = self.row, *name.partition(".")[::2]
        if scope == "line":
            product = self.world.products[line["product"]]
            if own in ("gross", "net", "quantity"):
                return Fraction(line[own], 1000 if own == "quantity" else self.minor)
            if own == "tag":
                return product["tags"]
            if own in ("sku", "category", "brand"):
                return product.get(own)
            said = line.get(name)
            return product.get(f"attr.{own}") if said is None else said
        if name in ("receipt.gross", "receipt.net"):
            return Fraction(sum(line[own] for line in self.lines), self.minor) if row["kind"] == 1 else None
        if scope in ("store", "banner", "market"):
            store = {} if row["store"] is None else self.world.stores[row["store"]]
            return store.get(own or name)
        if scope == "calendar":
            return {
                "date": row["local_date"], "weekday": WEEKDAYS[row["local_date"].weekday()],
                "hour": row["local_at"].hour, "month": row["local_date"].month, "day": row["local_date"].day,
            }[own]  # fmt: skip
        value = row.get({"receipt.channel": "channel", "receipt.tender": "tenders"}.get(name, name))
        return Fraction(value, self.minor) if name == "history.spend_lifetime" and value is not None else value

    def compared(self, comparison, found) -> bool:
        operator, value = comparison.operator, comparison.value
        if isinstance(found, list):
            known = [one for one in found if one is not None]
            return bool(known) == value if operator == "is_set" else any(
                ordered(operator, one, value) for one in known
            )  # fmt: skip
        if operator == "is_set":
            return (found is not None) == value
        if found is None:
            return False
        is_attribute = comparison.fact.startswith(("line.", "event.")) and not comparison.fact.endswith(
            (".sku", ".category", ".brand", ".gross", ".net", ".quantity", ".tag")
        )
        return attribute(operator, found, value) if is_attribute else ordered(operator, found, value)

    # -- numbers

    def number(self, rule) -> int:
        parts = self.multiplied(rule) if rule.earn.multiply is not None else []
        if rule.earn.multiply is None and self.applies(rule):
            parts = [self.value(rule, self.matched(rule), Fraction(1), True if rule.scope == "receipt" else None)]
        rounding = rule.rounding or self.book.currency_of(rule).rounding
        once = sum((single for single, _ in parts), Fraction(0))
        per_line = defaultdict(Fraction)
        for _, lines in parts:
            for number, value in lines:
                per_line[number] += value
        if self.book.currency_of(rule).round_per == "line":
            return round_fraction(once, rounding) + sum(round_fraction(value, rounding) for value in per_line.values())
        return round_fraction(once + sum(per_line.values()), rounding)

    def value(self, rule, lines, weight, as_whole):
        """(what counts once for the activity, what counts for each line)."""
        earn, basis = rule.earn, self.book.settings.basis
        if earn.fixed is not None:
            counts = bool(lines) if as_whole is None else as_whole
            return (Fraction(earn.fixed) * weight if counts else Fraction(0), [])
        if earn.per_unit is not None:
            return Fraction(0), [
                (line["line"], Fraction(earn.per_unit) * weight * Fraction(line["quantity"], 1000)) for line in lines
            ]
        if earn.percent is not None:
            pot = 10 ** minor_exponent(self.book.currency_of(rule).money)
            factor = Fraction(earn.percent) / 100 * weight * pot / self.minor
            return Fraction(0), [(line["line"], line[basis] * factor) for line in lines]
        per = earn.per_amount
        amounts = [(line["line"], Fraction(line[per.of or basis], self.minor)) for line in lines]
        if per.step == "whole":
            steps = sum((amount for _, amount in amounts), Fraction(0)) // Fraction(per.every)
            return Fraction(per.points) * weight * max(0, steps), []
        factor = Fraction(per.points) / Fraction(per.every) * weight
        return Fraction(0), [(number, amount * factor) for number, amount in amounts]

    def multiplied(self, rule):
        parts = []
        own = self.book.currency_of(rule)
        for weight, lines, as_whole in self.shares(rule):
            for base in self.book.rules:
                if base.phase != "base" or self.book.currency_of(base) != own or not self.applies(base):
                    continue
                both = [line for line in self.matched(base) if line in lines]
                whole = as_whole if base.scope == rule.scope == "receipt" else None
                parts.append(self.value(base, both, weight, whole))
        return parts

    def shares(self, rule):
        """What a multiplier adds and where: [(factor to add, its lines, whether it has the activity as a whole)]."""
        own = self.book.currency_of(rule)
        rivals = [one for one in self.book.rules if one.earn.multiply is not None and self.book.currency_of(one) == own]
        shares = defaultdict(lambda: [[], False])
        for line in self.matched(rule):
            here = [one for one in rivals if line in self.matched(one)]
            shares[self.added(rule, here)][0].append(line)
        if rule.scope == "receipt" and self.applies(rule):
            here = [one for one in rivals if one.scope == "receipt" and self.applies(one)]
            shares[self.added(rule, here)][1] = True
        return [(weight, lines, whole) for weight, (lines, whole) in shares.items()]

    def added(self, rule, here) -> Fraction:
        factor = Fraction(rule.earn.multiply)
        match self.book.settings.multipliers:
            case "sum":
                return factor - 1
            case "best":
                zeros = [one for one in here if one.earn.multiply == 0]
                largest = max(one.earn.multiply for one in here)
                winner = (zeros or [one for one in here if one.earn.multiply == largest])[0]
                return factor - 1 if winner is rule else Fraction(0)
        before = Fraction(1)
        for one in here[: [one.code for one in here].index(rule.code)]:
            before *= Fraction(one.earn.multiply)
        return before * (factor - 1)


def ordered(operator: str, found: Any, value: Any) -> bool:
    found = Fraction(found) if isinstance(found, int) and not isinstance(found, bool) else found
    match operator:
        case "eq":
            return found == value
        case "ne":
            return found != value
        case "lt":
            return found < value
        case "le":
            return found <= value
        case "gt":
            return found > value
        case "ge":
            return found >= value
        case "between":
            return value[0] <= found <= value[1]
        case "in":
            return found in value
        case "not_in":
            return found not in value
        case "starts_with":
            return found.startswith(value)
        case "contains":
            return value in found
    raise AssertionError(operator)


def attribute(operator: str, found: Any, value: Any) -> bool:
    text = str(found).lower() if isinstance(found, bool) else str(found)
    number = Decimal(text) if PLAIN_NUMBER.fullmatch(text) else None
    if operator in ("lt", "le", "gt", "ge", "between"):
        return number is not None and ordered(operator, number, value)
    if operator in ("starts_with", "contains"):
        return ordered(operator, text, value)
    values = value if isinstance(value, tuple) else (value,)
    same = any(
        (number is not None and number == one) if isinstance(one, Decimal)
        else text == (str(one).lower() if isinstance(one, bool) else one)
        for one in values
    )  # fmt: skip
    return same == (operator in ("eq", "in"))


def limited(book, world, code: str, number: int, row, used) -> int:
    rule = book.rule(code)
    caps = list(rule.limits)
    for of in ("points", "times"):
        if rule.budget is not None and (most := getattr(rule.budget, of)) is not None:
            caps.append(Cap(most, of, "campaign", "program", rule.budget.overflow))
    if number <= 0 or not caps:
        return number
    keys = {
        cap: (cap.for_, whose(cap.for_, world, row), code, cap.per, start(book, rule, cap.per, row)) for cap in caps
    }
    for cap in caps:
        points, times = used[keys[cap]] if cap.per != "activity" else (0, 0)
        if cap.of == "times":
            number = number if times < cap.max else 0
        elif number > (room := max(0, cap.max - points)):
            number = room if cap.overflow == "reduce" else 0
    if number > 0:
        for key in {keys[cap] for cap in caps if cap.per != "activity"}:
            used[key][0] += number
            used[key][1] += 1
    return number


@dataclass(frozen=True)
class Cap:
    max: int
    of: str
    per: str
    for_: str
    overflow: str


def whose(for_: str, world, row) -> str:
    if for_ == "banner":
        return "" if row["store"] is None else world.stores[row["store"]]["banner"]
    return {"member": str(row.get("membership_id", row["holder_id"])), "household": str(row["holder_id"])}.get(for_, "")


def start(book, rule, per: str, row) -> date:
    day = row["local_date"]
    match per:
        case "week":
            first = row.get("week_start") or WEEKDAYS.index(book.week_start) + 1
            while day.isoweekday() != first:
                day -= timedelta(days=1)
            return day
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
        case "campaign":
            return (rule.valid.from_ if rule.valid else None) or date(1970, 1, 1)
    return day


def never_below_zero(book, given: dict[str, int]) -> dict[str, int]:
    left = dict(given)
    for currency in book.currencies:
        own = [code for code in left if book.currency_of(book.rule(code)) == currency]
        for code in reversed(own):
            short = -sum(left[one] for one in own)
            if short > 0 and left[code] < 0:
                left[code] = min(0, left[code] + short)
    return left
