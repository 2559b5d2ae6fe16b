"""Steps about rewards and vouchers, as a till and the portal take them."""

from __future__ import annotations

from datetime import datetime

from playbooks.rehearsals.played import Done, Made, Played
from playbooks.rehearsals.stage import BY, Stage, StageBroke, card_kept
from programs import queries as programs
from rewards import redemption, using
from rewards.models import Cost


def redeem(stage: Stage, played: Played, now: datetime) -> Done:
    what = played.step.what
    person = stage.joined(what.member)
    done = redemption.redeem(
        membership_id=person.membership_id, reward=what.reward, quantity=what.quantity, receipt=what.receipt,
        key=played.key, channel="store", now=now, by=BY, card=what.card and card_kept(what.card), market=what.market,
    )  # fmt: skip
    return _made(person.membership_id, done)


def hold(stage: Stage, played: Played, now: datetime) -> Done:
    what = played.step.what
    person = stage.joined(what.member)
    redemption.hold(
        membership_id=person.membership_id, reward=what.reward, quantity=what.quantity, receipt=what.receipt,
        key=played.key, channel="store", now=now, by=BY, card=what.card and card_kept(what.card), market=what.market,
    )  # fmt: skip
    return Done(made=Made(person.membership_id, key=played.key))


def confirm(stage: Stage, played: Played, now: datetime) -> Done:
    held = stage.made_by(played.step.what.of)
    done = redemption.confirm(membership_id=held.membership_id, key=held.key, now=now, by=BY)
    return _made(held.membership_id, done)


def release(stage: Stage, played: Played, now: datetime) -> Done:
    held = stage.made_by(played.step.what.of)
    redemption.release(membership_id=held.membership_id, key=held.key, now=now, by=BY)
    return Done()


def use_voucher(stage: Stage, played: Played, now: datetime) -> Done:
    """The first voucher that the named step gave, at a till of `market`, where one is said."""
    what = played.step.what
    given = stage.made_by(what.code_of)
    if not given.codes:
        raise StageBroke(f"{what.code_of} gave no voucher")
    market = programs.market_of(stage.program.pk, what.market) if what.market else None
    using.use(
        program_id=stage.program.pk, code=given.codes[0], now=now, by=BY, money=market.currency if market else None
    )  # fmt: skip
    return Done()


def _made(membership_id: int, done: redemption.Redeemed) -> Done:
    cost = Cost.objects.filter(redemption_id=done.redemption_id, posting_id__isnull=False).order_by("currency_id")
    holder_id, posting_id = cost.values_list("holder_id", "posting_id").first() or (0, 0)
    codes = tuple(one.code for one in done.vouchers if one.code)
    return Done(made=Made(membership_id, holder_id=holder_id, posting_id=posting_id or 0, codes=codes))
