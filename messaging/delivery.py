"""Delivering what is owed: whoever is claimed is asked for once more whether they still want it, then handed over.

No transaction is open while a mail server is spoken to.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr, parseaddr
from typing import Any

import structlog
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from identity import staff
from members import consents, merging
from members.models import Membership
from messaging import addresses, claiming, kinds, letters, unsubscribing
from messaging.claiming import Claimed
from messaging.kinds import Kind
from messaging.models import Outgoing
from programs import queries as programs

log = structlog.get_logger(__name__)


class NotWanted(Exception):
    """Nobody is to get this message any more; its text says why, for the table."""


@dataclass(frozen=True)
class Whom:
    """Who a message is for, at this moment."""

    address: str
    language: str
    program: Any
    membership: Membership | None


def deliver_due(*, clock: Callable[[], datetime], goes_on: Callable[[], bool] = lambda: True) -> int:
    """Deliver message by message what is due, as long as it `goes_on`; how many ended, one way or another.

    The mail server is spoken to once something is due, and in one connection as long as it answers.
    """
    done, server = 0, mail.get_connection()
    try:
        while goes_on():
            claimed = claiming.claim(now=clock())
            if claimed is None:
                break
            done += _deliver(claimed, server, clock)
    finally:
        server.close()
    return done


def _deliver(claimed: Claimed, server: Any, clock: Callable[[], datetime]) -> bool:
    message, State = claimed.message, Outgoing.State
    try:
        kind = kinds.kind_of(message.kind)
        letter = written(message, kind, whom(message, kind), server)
        server.open()  # once: an open one stays
        letter.send()
    except NotWanted as why:
        return claiming.ended(claimed, state=State.DROPPED, now=clock(), error=str(why))
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refused:
        told = _told(refused)
        if _for_good(refused):
            return claiming.ended(claimed, state=State.FAILED, now=clock(), error=told)
        return claiming.again(claimed, now=clock(), error=told)
    except Exception as error:  # a server that does not answer, a template that fails: later, and in the end failed
        log.warning("message not sent", message=message.pk, kind=message.kind, error=type(error).__name__)
        server.close()  # the next message has a connection of its own
        return claiming.again(claimed, now=clock(), error=_told(error))
    return claiming.ended(claimed, state=State.SENT, now=clock())


def whom(message: Outgoing, kind: Kind) -> Whom:
    """Who gets this now; of a practice program staff alone. Raises NotWanted."""
    found = _whom(message, kind)
    if found.program is not None and programs.is_practice(found.program.pk) and not staff.is_staff(found.address):
        raise NotWanted("a practice program")
    return found


def _whom(message: Outgoing, kind: Kind) -> Whom:
    """Who gets this now. Raises NotWanted: no address, or marketing to somebody who closed or does not agree."""
    if message.membership is None:
        return Whom(message.address, message.language or "en", message.program, None)
    membership = merging.standing_for(message.membership)  # it may have been merged since
    member = membership.member
    if not member.email:
        raise NotWanted("no address")
    if kind.is_marketing:
        if membership.status != Membership.Status.ACTIVE:
            raise NotWanted(f"the membership is {membership.status}")
        if not consents.granted(member.pk, kind.purpose, kinds.CHANNEL):
            raise NotWanted("no consent")
    return Whom(member.email, _language(membership), membership.program, membership)


def written(message: Outgoing, kind: Kind, to: Whom, server: Any = None) -> EmailMultiAlternatives:
    """The mail itself, with a Message-ID that is the same at every attempt."""
    facts = kinds.facts_of(kind.name, message.facts)
    name = to.membership.member.first_name if to.membership else ""
    told = {"home": addresses.absolute(to.program), "name": name, **facts}
    if path := facts.get("path"):
        told["link"] = addresses.absolute(to.program, path)
    headers = {"Message-ID": f"<{message.uid}@{_domain()}>", "Auto-Submitted": "auto-generated"}
    if kind.is_marketing and to.membership:
        said = unsubscribing.token(to.membership, kind.purpose, kinds.CHANNEL)
        told["unsubscribe"] = addresses.absolute(to.program, reverse("portal:unsubscribe", args=[said]))
        headers["List-Unsubscribe"] = f"<{told['unsubscribe']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        headers["Precedence"] = "bulk"
    banner_id = to.membership.home_banner_id if to.membership else None
    letter = letters.write(kind, to.language, to.program, told, banner_id=banner_id)
    made = EmailMultiAlternatives(
        letter.subject, letter.text, _sender(to), [to.address], connection=server, headers=headers
    )
    made.attach_alternative(letter.html, "text/html")
    return made


def _language(membership: Membership) -> str:
    if membership.member.language:
        return membership.member.language
    market = programs.market_of(membership.program_id, membership.market_code)
    return market.languages[0] if market and market.languages else "en"


def _sender(to: Whom) -> str:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return (
        formataddr((letters.name_of(to.program, to.language), address)) if to.program else formataddr((name, address))
    )


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _for_good(refused: Exception) -> bool:
    """Whether a mail server's answer is a 5xx: the same tomorrow."""
    codes = (
        [code for code, _ in refused.recipients.values()]
        if isinstance(refused, smtplib.SMTPRecipientsRefused)
        else [getattr(refused, "smtp_code", 0)]
    )
    return bool(codes) and all(500 <= code < 600 for code in codes)


def _told(error: Exception) -> str:
    """The error without what it says of people: a server's refusal repeats the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"{type(error).__name__} {next(iter(error.recipients.values()))[0]}"
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
