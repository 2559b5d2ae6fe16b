"""The ledger in plain Python: what every reply and every balance must be, written without looking at the SQL.

One holder's pot is a list of lots in the order they were made. Everything is slow and obvious.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

NEVER = datetime.max.replace(tzinfo=UTC)


class Refused(Exception):
    """(name of the exception, what it says)"""


@dataclass
class Lot:
    number: int
    initial: int
    remaining: int
    available_at: datetime
    expires_at: datetime | None
    activity: int | None
    occurred_on: date
    expired: int = 0  # what an expiry posting took and no return has claimed since

    def dead(self, now):
        return self.expires_at is not None and self.expires_at <= now

    def spendable(self, now):
        return self.available_at <= now and not self.dead(now)

    def order(self):
        return (self.expires_at is None, self.expires_at or NEVER, self.occurred_on, self.number)


@dataclass
class Hold:
    number: int
    pot: Pot
    draws: list[tuple[int, int]]  # (lot's number, amount)
    lapses_at: datetime
    state: str = "open"

    def keeps(self, now):
        return self.state == "open" and self.lapses_at > now


@dataclass
class Spend:
    """What a posting drew, to be given back."""

    pot: Pot
    draws: list[tuple[int, int]]
    back: int = 0


@dataclass
class Pot:
    lots: list[Lot] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    debt: int = 0
    spent: int = 0
    given: int = 0  # by earning and goodwill, less what returns took or made owe

    def draw(self, amount, now, which):
        """Take up to `amount` from the lots `which` lets, in order: [(number, amount)]."""
        drawn = self.would_draw(amount, now, which)
        for number, took in drawn:
            self.lot(number).remaining -= took
        return drawn

    def would_draw(self, amount, now, which):
        drawn = []
        for lot in sorted((lot for lot in self.lots if which(lot)), key=Lot.order):
            took = min(amount, self.free(lot, now))
            if took:
                amount -= took
                drawn.append((lot.number, took))
        return drawn

    def lot(self, number):
        return next(lot for lot in self.lots if lot.number == number)

    def held(self, lot, now):
        """What open holds keep of a lot, dead or alive."""
        return sum(amount for hold in self.holds if hold.keeps(now) for number, amount in hold.draws
                   if number == lot.number)  # fmt: skip

    def free(self, lot, now):
        return lot.remaining - self.held(lot, now)

    def available(self, now):
        return sum(self.free(lot, now) for lot in self.lots if lot.spendable(now))

    def all_held(self, now):
        return sum(self.held(lot, now) for lot in self.lots)

    def pending(self, now):
        return sum(lot.remaining for lot in self.lots if lot.available_at > now)


class Model:
    def __init__(self, holders):
        self.pots = {holder: defaultdict(Pot) for holder in holders}
        self.answers = {}
        self.posted = set()
        self.numbers = 0
        self.holds = {holder: [] for holder in holders}
        self.spends = {holder: [] for holder in holders}

    def pot(self, holder, currency):
        return self.pots[holder][currency]

    def _lot(self, pot, amount, available_at, expires_at, activity, occurred_on):
        if expires_at is not None and expires_at <= available_at:
            available_at = expires_at - timedelta(microseconds=1)
        self.numbers += 1
        lot = Lot(self.numbers, amount, amount, available_at, expires_at, activity, occurred_on)
        pot.lots.append(lot)
        return lot

    def _repay(self, pot, lots, now):
        repaid = 0
        for lot in sorted(lots, key=Lot.order):
            paid = 0 if lot.dead(now) else min(pot.debt, lot.remaining)
            lot.remaining -= paid
            pot.debt -= paid
            repaid += paid
        return repaid

    def keyed(self, holder, key, request, act):
        """The same key with the same request answers as before; a refusal leaves the key free."""
        if (holder, key) in self.answers:
            before, answer = self.answers[holder, key]
            if before != request:
                raise Refused("KeyReused")
            return answer
        answer = act()
        self.answers[holder, key] = (request, answer)
        return answer

    def earn(self, holder, currency, amount, now, available_at, expires_at):
        pot = self.pot(holder, currency)
        lot = self._lot(pot, amount, available_at, expires_at, None, now.date())
        pot.given += amount
        return ("posted", lot.number, self._repay(pot, [lot], now))

    def earn_many(self, rows, now):
        """(holder, activity, revision, currency, amount, available_at, expires_at, occurred_on)"""
        fresh = {row[:3] for row in rows} - self.posted
        made = defaultdict(list)
        for holder, activity, revision, currency, amount, available_at, expires_at, occurred_on in sorted(rows):
            if (holder, activity, revision) in fresh:
                pot = self.pot(holder, currency)
                made[holder, currency].append(self._lot(pot, amount, available_at, expires_at, activity, occurred_on))
                pot.given += amount
        for (holder, currency), lots in made.items():
            self._repay(self.pot(holder, currency), lots, now)
        self.posted |= fresh
        return len(fresh)

    def leave(self, holder, currency, amount, now, debt_matters=True, only_look=False):
        pot = self.pot(holder, currency)
        if debt_matters and pot.debt:
            raise Refused(f"InDebt {pot.debt}")
        available = pot.available(now)
        if available < amount:
            raise Refused(f"InsufficientPoints {available}")
        take = pot.would_draw if only_look else pot.draw
        return take(amount, now, lambda lot: lot.spendable(now))

    def spend(self, holder, currency, amount, now):
        drawn = self.leave(holder, currency, amount, now)
        return self._spent(holder, self.pot(holder, currency), drawn)

    def _spent(self, holder, pot, drawn):
        pot.spent += sum(amount for _, amount in drawn)
        self.spends[holder].append(Spend(pot, drawn))
        return ("spent", tuple(drawn))

    def hold(self, holder, currency, amount, now, lapses_at):
        pot = self.pot(holder, currency)
        drawn = self.leave(holder, currency, amount, now, only_look=True)
        hold = Hold(len(self.holds[holder]), pot, drawn, lapses_at)
        pot.holds.append(hold)
        self.holds[holder].append(hold)
        return ("held", tuple(drawn))

    def capture(self, holder, number, now):
        hold = self.holds[holder][number]
        if hold.state == "captured":
            return ("spent", tuple(hold.draws))
        if hold.state == "released":
            raise Refused("HoldReleased")
        if not hold.keeps(now):
            raise Refused("HoldLapsed")
        hold.state = "captured"
        for lot, amount in hold.draws:
            hold.pot.lot(lot).remaining -= amount
        return self._spent(holder, hold.pot, hold.draws)

    def release(self, holder, number, now):
        hold = self.holds[holder][number]
        if hold.state == "captured":
            raise Refused("HoldCaptured")
        if hold.keeps(now):
            hold.state = "released"

    def give_back(self, holder, place, up_to, now, grace_until):
        """Back into the lots it came from, the last drawn first; dead ones come back as new lots."""
        spend = self.spends[holder][place]
        amount = rest = max(0, up_to - spend.back)
        skip, credited, renewed = spend.back, [], 0
        spend.back = max(spend.back, up_to)
        for number, drawn in reversed(spend.draws):
            back = max(0, min(rest, drawn - skip))
            skip = max(0, skip - drawn)
            rest -= back
            lot = spend.pot.lot(number)
            if back and lot.dead(now):
                lot = self._lot(spend.pot, back, now, grace_until, lot.activity, lot.occurred_on)
                renewed += back
            elif back:
                lot.remaining += back
            credited += [(lot, back)] if back else []
        repaid = 0
        for lot, back in sorted(credited, key=lambda each: Lot.order(each[0])):
            paid = min(spend.pot.debt, back)
            lot.remaining -= paid
            spend.pot.debt -= paid
            repaid += paid
        spend.pot.spent -= amount
        return (amount, repaid, renewed)

    def correct(self, holder, currency, amount, now):
        drawn = self.leave(holder, currency, amount, now, debt_matters=False)
        self.pot(holder, currency).given -= amount
        return ("spent", tuple(drawn))

    def transfer(self, holder, to, currency, amount, now):
        drawn = self.leave(holder, currency, amount, now)
        lots = {lot.number: lot for lot in self.pot(holder, currency).lots}
        for number, took in drawn:
            lot = lots[number]
            there = self.pot(to, currency)
            self._lot(there, took, lot.available_at, lot.expires_at, lot.activity, lot.occurred_on)
        return ("spent", tuple(drawn))

    def expire(self, now):
        ended = 0
        for pot in (pot for pots in self.pots.values() for pot in pots.values()):
            for lot in (lot for lot in pot.lots if lot.dead(now) and pot.free(lot, now)):
                lot.expired += pot.free(lot, now)
                lot.remaining = pot.held(lot, now)
                ended += 1
        return ended

    def take_back(self, rows, now, policy):
        """(holder, activity, revision, currency, amount); stage by stage over all rows."""
        rows = [row for row in sorted(rows) if (*row[:3], "back") not in self.posted]
        self.posted |= {(*row[:3], "back") for row in rows}
        rest = [row[4] for row in rows]

        def stage(which, expired=False):
            for place, (holder, activity, _, currency, _) in enumerate(rows):
                pot = self.pot(holder, currency)
                for lot in [lot for lot in sorted(pot.lots, key=Lot.order) if which(lot, activity)]:
                    took = min(rest[place], lot.expired if expired else pot.free(lot, now))
                    if expired:
                        lot.expired -= took
                    else:
                        lot.remaining -= took
                    rest[place] -= took

        if policy == "pending_only":
            stage(lambda lot, activity: lot.activity == activity and lot.available_at > now)
        else:
            stage(lambda lot, activity: lot.activity == activity and lot.dead(now))
            stage(lambda lot, activity: lot.activity == activity and lot.dead(now), expired=True)
            stage(lambda lot, activity: lot.activity == activity and not lot.dead(now))
            stage(lambda lot, _: lot.spendable(now))
            stage(lambda lot, _: lot.available_at > now)
        answers = []
        for (holder, activity, revision, currency, amount), left in zip(rows, rest, strict=True):
            pot = self.pot(holder, currency)
            owed = left if policy == "debt" else 0
            pot.debt += owed
            pot.given -= amount - left + owed
            answers.append((holder, activity, revision, currency, amount - left, owed, left - owed))
        return answers
