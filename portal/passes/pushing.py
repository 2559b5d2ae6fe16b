"""Passes told anew when what they say changed.

A sweep compares every pass in a wallet with what it last said, whatever changed it: a receipt, a spend, points that
matured or died by time alone, a card that was blocked. What is new is due; each due pass is leased, told of outside any
transaction, and marked. Told twice does no harm. Nothing here stands in the way of booking points. Apple and Google
fail each on its own: the other is told, and the pass is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime

import httpx
import structlog
from django.db.models import QuerySet

from members import wallets
from members.models import Card
from members.wallets import Due
from portal.passes import apns, google, google_api, latest
from programs import queries as programs

_AT_ONCE = 500
_AT_A_TIME = 50
Phones = httpx.Client | apns.NotTold | None
"""The way to Apple's phones: what kept it from being opened, or None where there is none."""
log = structlog.get_logger(__name__)


def look(*, now: datetime) -> int:
    """Compare every pass with what it last said; how many say something new."""
    return sum(_look_in(program.pk, now) for program in programs.programs())


def push(*, now: Callable[[], datetime], until: datetime) -> int:
    """Tell wallets of what is due, until nothing is or the time is over; how many passes were told of."""
    told = 0
    with ExitStack() as open_while:
        phones = _phones(open_while)
        while now() < until and (leased := wallets.lease(now=now(), limit=_AT_A_TIME)):
            cards = _rows().in_bulk([due.card_id for due in leased])
            for due in leased:
                told += _push_one(due, cards[due.card_id], phones, now)
    return told


def _phones(open_while: ExitStack) -> Phones:
    try:
        return open_while.enter_context(apns.connected())
    except apns.NotTold as wrong:
        log.error("phones cannot be told", why=str(wrong)[:200])
        return wrong


def _push_one(due: Due, card: Card, phones: Phones, now: Callable[[], datetime]) -> bool:
    wrongs = {}
    try:
        _tell_apple(card, phones)
    except apns.NotTold as wrong:
        wrongs["apple"] = str(wrong)[:200]
    try:
        _tell_google(card, now())
    except google_api.NotWritten as wrong:
        wrongs["google"] = str(wrong)[:200]
    if wrongs:
        again = wallets.failed(due, now=now())
        log.warning("wallet not told", card_id=due.card_id, why=wrongs, again=again)
        return False
    wallets.pushed(due, now=now())
    return True


def _tell_apple(card: Card, phones: Phones) -> None:
    tokens = list(card.wallet_devices.values_list("push_token", flat=True))
    if isinstance(phones, apns.NotTold) and tokens:
        raise phones
    for ended in apns.tell(tokens, phones) if tokens and isinstance(phones, httpx.Client) else ():
        wallets.push_token_ended(ended)


def _tell_google(card: Card, now: datetime) -> None:
    if not (google.is_configured() and card.wallet.in_google):
        return
    said = latest.pass_of(card, now)
    if said is not None and not google_api.write(said, now=now):
        wallets.not_in_google(card.pk)


def _look_in(program_id: int, now: datetime) -> int:
    changed = after = 0
    whole = _rows().filter(program_id=program_id).exclude(wallet__ends_at__lte=now)
    while rows := list(whole.filter(pk__gt=after).order_by("pk")[:_AT_ONCE]):
        after = rows[-1].pk
        changed += wallets.changed(told=latest.digests_of(rows, now), now=now)
    return changed


def _rows() -> QuerySet[Card]:
    """Cards that are in wallets, with what a digest reads of them."""
    whole = Card.objects.filter(wallet__isnull=False).select_related("program", "membership__member", "wallet")
    return whole.prefetch_related("membership__holders", "wallet_devices")
