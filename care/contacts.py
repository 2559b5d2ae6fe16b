"""The sources of the timeline that this room knows: one statement each, whatever the member's past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from care import terms, words
from care.models import Adjustment, CaseEvent, Opinion
from care.timeline import Contacted
from members.models import Card, Consent, Membership
from messaging import queries as messaging
from values import texts

MOST = 60
_TOLD = ("opened", "message", "asked", "reply", "requested", "solved", "refused", "reopened")
_ICONS = {"opened": "case", "reply": "message", "message": "send", "asked": "send", "solved": "check"}


def of_cases(membership: Membership, since: datetime) -> Iterator[Contacted]:
    """Steps of her cases that she had a part in; notes between colleagues are read in the case."""
    events = CaseEvent.objects.filter(case__membership=membership, at__gte=since, what__in=_TOLD)
    for event in events.select_related("case").order_by("-at")[:MOST]:
        named = {"type": words.label(words.TYPES, event.case.type), "step": words.label(words.STEPS, event.what)}
        yield Contacted(
            at=event.at, channel=event.channel, by=event.by, what=_("%(type)s: %(step)s") % named,
            more=event.words[:160], href=reverse("backoffice:case", args=[event.case_id]),
            icon=_ICONS.get(event.what, "case"), alert=event.what == "refused", action="cases.see",
        )  # fmt: skip


def of_opinions(membership: Membership, since: datetime) -> Iterator[Contacted]:
    """Ratings, with our answers."""
    for row in Opinion.objects.filter(membership=membership, given_at__gte=since).order_by("-given_at")[:MOST]:
        href = reverse("backoffice:opinion", args=[row.pk])
        yield Contacted(
            at=row.given_at, channel=row.channel, by=row.given_by,
            what=_("Opinion: %(rating)s of 10") % {"rating": row.rating}, more=row.words[:160], href=href,
            icon="star", alert=row.rating <= terms.LOW_RATING, action="opinions.see",
        )  # fmt: skip
        if row.answered_at is not None:
            yield Contacted(
                at=row.answered_at, channel="email", by=row.answered_by, what=_("We answered the opinion"),
                more=row.answer[:160], href=href, icon="send", action="opinions.see",
            )  # fmt: skip


def of_adjustments(membership: Membership, since: datetime) -> Iterator[Contacted]:
    """Points by hand, asked for and decided."""
    reasons, language = terms.of(membership.program_id).reasons, get_language() or "en"
    for row in Adjustment.objects.filter(membership=membership, asked_at__gte=since).order_by("-asked_at")[:MOST]:
        named = {
            "reason": texts.in_language(reasons.get(row.reason, {}), language, row.reason),
            "state": words.label(words.ADJUSTED, row.state),
        }
        yield Contacted(
            at=row.decided_at or row.asked_at, channel="desk", by=row.decided_by or row.asked_by,
            what=_("%(reason)s: %(state)s") % named, more=row.words, icon="adjust",
            alert=row.state in ("refused", "expired"), action="points.see",
        )  # fmt: skip


def of_messages(membership: Membership, since: datetime) -> Iterator[Contacted]:
    """What we wrote to her: what kind, and what became of it."""
    for said in messaging.of_membership(membership.pk, since=since, limit=MOST):
        yield Contacted(
            at=said.at, channel="email", what=_("Message: %(kind)s") % {"kind": _kind(said.kind)}, more=said.error,
            icon="mail", alert=bool(said.error),
        )  # fmt: skip


def of_membership(membership: Membership, since: datetime) -> Iterator[Contacted]:
    """Joining, and the lives of her cards."""
    if membership.joined_at >= since:
        yield Contacted(at=membership.joined_at, channel=membership.channel, what=_("Joined the program"), icon="user")
    for card in Card.objects.filter(membership=membership, issued_at__gte=since)[:MOST]:
        yield Contacted(at=card.issued_at, channel="", what=_("New card"), more=f"… {card.number[-4:]}", icon="card")
    for card in Card.objects.filter(membership=membership, blocked_at__gte=since)[:MOST]:
        yield Contacted(
            at=card.blocked_at or since, channel="", what=_("Card blocked"), more=f"… {card.number[-4:]}", icon="lock",
            alert=True,
        )  # fmt: skip


def of_consents(membership: Membership, since: datetime) -> Iterator[Contacted]:
    """What she agreed to, and what she took back."""
    for row in Consent.objects.filter(member_id=membership.member_id, at__gte=since).order_by("-at")[:MOST]:
        said = _("Agreed to %(purpose)s, %(channel)s") if row.granted else _("Refused %(purpose)s, %(channel)s")
        named = {"purpose": _purpose(row.purpose), "channel": words.label(words.CHANNELS, row.channel)}
        yield Contacted(at=row.at, channel=row.source.partition("-")[0], what=said % named, icon="shield")


def _purpose(code: str) -> str:
    return {"marketing": _("offers"), "profiling": _("offers chosen by taste")}.get(code, code)


def _kind(code: str) -> str:
    told = {
        "welcome": _("welcome"),
        "card_blocked": _("card blocked"),
        "card_replaced": _("new card"),
        "contact_changed": _("contact changed"),
        "contact_code": _("code for a new contact"),
        "case_update": _("about a case"),
        "opinion_answered": _("answer to an opinion"),
        "opinion_asked": _("question about a visit"),
        "closed": _("membership closed"),
        "archive_ready": _("copy of the member’s data"),
        "household_invited": _("invitation to a household"),
        "household_left": _("household left"),
        "household_smaller": _("somebody left the household"),
        "household_parted": _("part of a household’s pot"),
        "merged": _("two memberships became one"),
        "unmerged": _("merge undone"),
        "farewell": _("voucher at leaving"),
        "new_device": _("sign-in on a new device"),
        "way_in": _("another way to sign in"),
        "badge_set": _("badge of staff"),
    }
    return told.get(code, code)
