"""Random histories told to the ledger and to its model: every reply and every balance must be the same."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from ledger import auditing, expiry, holders, holding, posting, queries, reversal
from tests.ledger import frames
from tests.ledger.model import Model, Refused

START = datetime(2026, 3, 1, 9, tzinfo=UTC)

people = st.integers(0, 2)
currencies = st.sampled_from([1, 2])
amounts = st.integers(1, 60)
keys = st.integers(0, 10**9).map(str)
delays = st.sampled_from([timedelta(0), timedelta(0), timedelta(days=2), timedelta(days=9)])
lives = st.sampled_from([None, timedelta(days=1), timedelta(days=4), timedelta(days=12), timedelta(days=-1)])
activities = st.integers(1, 6)
revisions = st.integers(1, 3)
REFUSALS = (
    posting.InsufficientPoints, posting.InDebt, posting.KeyReused, holding.HoldLapsed, holding.HoldReleased,
    holding.HoldCaptured,
)  # fmt: skip
GRACE = timedelta(days=30)


class Histories(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.now = START
        self.holders = sorted(holders.open(3, now=START))
        self.model = Model(self.holders)
        self.commands = []

    # -- one command, told to both ---------------------------------------------------------------------------------

    def tell(self, holder, key, request, ledger, model):
        """Both sides answer alike; the command is kept, to be told again later."""
        self.commands.append((holder, key, request, ledger, model))
        try:
            expected = self.model.keyed(holder, key, request, model)
        except Refused as refused:
            with pytest.raises(REFUSALS) as raised:
                ledger()
            assert _words(raised.value) == str(refused)
        else:
            assert self._in_model_words(holder, ledger()) == expected

    def _in_model_words(self, holder, answer):
        """The ledger's answer with the model's numbers of lots: both count them in the order they were made."""
        mine = self._numbers(holder)
        if isinstance(answer, posting.Posted):
            return ("posted", mine[answer.lot_id], answer.repaid)
        if isinstance(answer, holding.Held):
            return ("held", tuple((mine[lot_id], amount) for lot_id, amount in answer.draws))
        if isinstance(answer, posting.Transferred):
            answer = answer.sent
        return ("spent", tuple((mine[lot_id], amount) for lot_id, amount in answer.draws))

    def _numbers(self, holder):
        with connection.cursor() as cursor:
            cursor.execute("SELECT lot_id FROM ledger_lot WHERE holder_id = %s ORDER BY lot_id", [holder])
            ids = [lot_id for (lot_id,) in cursor.fetchall()]
        numbers = sorted(lot.number for pot in self.model.pots[holder].values() for lot in pot.lots)
        assert len(ids) >= len(numbers)
        return dict(zip(ids, numbers, strict=False))

    # -- steps -----------------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 24, 24 * 3, 24 * 10]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule(who=people, currency=currencies, amount=amounts, key=keys, delay=delays, life=lives, by_hand=st.booleans())
    def earn(self, who, currency, amount, key, delay, life, by_hand):
        holder, now = self.holders[who], self.now
        dies = None if life is None else now + life
        values = {"holder_id": holder, "currency_id": currency, "amount": amount, "key": key, "actor": "test"}

        def ledger():
            if by_hand:
                return posting.adjust(**values, now=now, expires_at=dies)
            return posting.earn(**values, now=now, available_at=now + delay, expires_at=dies)

        matures = now if by_hand else now + delay
        request = ("earn", by_hand, currency, amount, dies, None if by_hand else matures)
        self.tell(holder, key, request, ledger, lambda: self.model.earn(holder, currency, amount, now, matures, dies))

    @rule(who=people, currency=currencies, amount=amounts, key=keys)
    def spend(self, who, currency, amount, key):
        holder, now = self.holders[who], self.now
        self.tell(
            holder, key, ("spend", currency, amount),
            lambda: posting.spend(
                holder_id=holder, currency_id=currency, amount=amount, key=key, now=now, actor="test"
            ),
            lambda: self.model.spend(holder, currency, amount, now),
        )  # fmt: skip

    @rule(who=people, currency=currencies, amount=amounts, key=keys)
    def correct(self, who, currency, amount, key):
        holder, now = self.holders[who], self.now
        self.tell(
            holder, key, ("correct", currency, amount),
            lambda: posting.adjust(
                holder_id=holder, currency_id=currency, amount=-amount, key=key, now=now, actor="test"
            ),
            lambda: self.model.correct(holder, currency, amount, now),
        )  # fmt: skip

    @rule(who=people, currency=currencies, amount=amounts, key=keys, hours=st.sampled_from([1, 30, 24 * 5]))
    def hold(self, who, currency, amount, key, hours):
        holder, now = self.holders[who], self.now
        lapses_at = now + timedelta(hours=hours)
        self.tell(
            holder, ("hold", key), ("hold", currency, amount),  # holds have keys of their own
            lambda: holding.hold(
                holder_id=holder, currency_id=currency, amount=amount, key=key, lapses_at=lapses_at, now=now,
                actor="test",
            ),
            lambda: self.model.hold(holder, currency, amount, now, lapses_at),
        )  # fmt: skip

    def _hold_ids(self, holder):
        with connection.cursor() as cursor:
            cursor.execute("SELECT hold_id FROM ledger_hold WHERE holder_id = %s ORDER BY hold_id", [holder])
            return [hold_id for (hold_id,) in cursor.fetchall()]

    @precondition(lambda self: any(self.model.holds.values()))
    @rule(data=st.data(), captured=st.booleans())
    def resolve(self, data, captured):
        """A hold captured or released, again and again and too late: it is resolved once."""
        holder = data.draw(st.sampled_from([holder for holder in self.holders if self.model.holds[holder]]))
        place = data.draw(st.integers(0, len(self.model.holds[holder]) - 1))
        self.resolve_one(holder, place, captured)

    def resolve_one(self, holder, place, captured):
        hold_id = self._hold_ids(holder)[place]
        model, ledger = (
            (self.model.capture, self._capture) if captured else (self.model.release, self._release)
        )  # fmt: skip
        try:
            expected = model(holder, place, self.now)
        except Refused as refused:
            with pytest.raises(REFUSALS) as raised:
                ledger(holder, hold_id)
            assert _words(raised.value) == str(refused)
        else:
            assert ledger(holder, hold_id) == expected

    def _capture(self, holder, hold_id):
        spent = holding.capture(holder_id=holder, hold_id=hold_id, now=self.now, actor="test")
        return self._in_model_words(holder, spent)

    def _release(self, holder, hold_id):
        return holding.release(holder_id=holder, hold_id=hold_id, now=self.now)

    @precondition(lambda self: any(self.model.spends.values()))
    @rule(data=st.data())
    def give_back(self, data):
        """What a spend drew comes back in parts; asked for less than came back, nothing moves."""
        holder = data.draw(st.sampled_from([holder for holder in self.holders if self.model.spends[holder]]))
        place = data.draw(st.integers(0, len(self.model.spends[holder]) - 1))
        total = sum(amount for _, amount in self.model.spends[holder][place].draws)
        self.give_back_one(holder, place, data.draw(st.integers(0, total)))

    def give_back_one(self, holder, place, up_to):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT posting_id FROM ledger_posting WHERE holder_id = %s AND kind = 'spend' ORDER BY posting_id",
                [holder],
            )
            posting_id = cursor.fetchall()[place][0]
            back = reversal.give_back(
                cursor, holder_id=holder, posting_id=posting_id, up_to=up_to, grace_until=self.now + GRACE,
                now=self.now, actor="test",
            )  # fmt: skip
        expected = self.model.give_back(holder, place, up_to, self.now, self.now + GRACE)
        assert (back.amount, back.repaid, back.renewed) == expected

    @rule(who=people, step=st.integers(1, 2), currency=currencies, amount=amounts, key=keys)
    def transfer(self, who, step, currency, amount, key):
        holder, to, now = self.holders[who], self.holders[(who + step) % 3], self.now
        self.tell(
            holder, key, ("transfer", to, currency, amount),
            lambda: posting.transfer(
                from_holder=holder, to_holder=to, currency_id=currency, amount=amount, key=key, now=now, actor="test"
            ),
            lambda: self.model.transfer(holder, to, currency, amount, now),
        )  # fmt: skip

    @precondition(lambda self: self.commands)
    @rule(data=st.data())
    def the_same_again(self, data):
        """A key that comes again, later: the same answer, whatever time has done since."""
        self.tell(*data.draw(st.sampled_from(self.commands)))

    @precondition(lambda self: self.commands)
    @rule(data=st.data(), amount=st.integers(100, 200))
    def the_key_again_for_something_else(self, data, amount):
        holder, key, *_ = data.draw(st.sampled_from(self.commands))
        now = self.now
        if isinstance(key, tuple):
            return
        self.tell(
            holder, key, ("spend", 1, amount),
            lambda: posting.spend(holder_id=holder, currency_id=1, amount=amount, key=key, now=now, actor="test"),
            lambda: self.model.spend(holder, 1, amount, now),
        )  # fmt: skip

    @rule(
        rows=st.dictionaries(
            st.tuples(people, activities, revisions, currencies),
            st.tuples(amounts, delays, lives),
            min_size=1,
            max_size=8,
        )
    )
    def earn_many(self, rows):
        now = self.now
        told = [
            (self.holders[who], activity, revision, currency, amount, now + delay, life and now + life, frames.DAY)
            for (who, activity, revision, currency), (amount, delay, life) in rows.items()
        ]
        assert frames.earn(*told, now=self.now) == self.model.earn_many(told, self.now)

    @rule(
        rows=st.dictionaries(st.tuples(people, activities, revisions, currencies), amounts, min_size=1, max_size=6),
        policy=st.sampled_from(["debt", "debt", "within_balance", "pending_only"]),
    )
    def take_back(self, rows, policy):
        told = [(self.holders[who], *row, amount) for (who, *row), amount in rows.items()]
        answers = [
            (a.holder_id, a.activity_id, a.revision, a.currency_id, a.taken, a.owed, a.forgiven)
            for a in frames.take_back(*told, now=self.now, policy=policy)
        ]
        assert answers == self.model.take_back(told, self.now, policy)

    @rule(limit=st.sampled_from([1, 3, 2000]))
    def expire(self, limit):
        assert expiry.expire_due(self.now, limit, holder_ids=self.holders) == self.model.expire(self.now)

    # -- after every step ------------------------------------------------------------------------------------------

    @invariant()
    def every_balance_is_the_models(self):
        found = {
            (b.holder_id, b.currency_id): (
                b.available, b.held, b.pending, b.debt, b.lifetime_earned, b.lifetime_spent
            )
            for balances in queries.balances_of(self.holders, self.now).values()
            for b in balances
        }  # fmt: skip
        for holder, pots in self.model.pots.items():
            for currency, pot in pots.items():
                pending = pot.pending(self.now)
                parts = (pot.available(self.now), pot.all_held(self.now), pending, pot.debt)
                expected = (*parts, pot.given - pending, pot.spent)
                assert found.pop((holder, currency), (0,) * 6) == expected
        assert not any(any(parts) for parts in found.values())

    @invariant()
    def every_lot_is_the_models(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT holder_id, currency_id, initial, remaining, available_at, expires_at, activity_id"
                " FROM ledger_lot WHERE holder_id = ANY(%s) ORDER BY holder_id, lot_id",
                [self.holders],
            )
            found = cursor.fetchall()
        assert found == [
            (holder, currency, lot.initial, lot.remaining, lot.available_at, lot.expires_at, lot.activity)
            for holder, pots in sorted(self.model.pots.items())
            for currency, lot in sorted(
                ((currency, lot) for currency, pot in pots.items() for lot in pot.lots), key=lambda each: each[1].number
            )
        ]

    def teardown(self):
        if hasattr(self, "holders"):
            assert list(auditing.differences(self.holders)) == []


def _words(refused):
    if isinstance(refused, posting.InsufficientPoints):
        return f"InsufficientPoints {refused.available}"
    if isinstance(refused, posting.InDebt):
        return f"InDebt {refused.debt}"
    return type(refused).__name__
