"""What members say of a receipt or a visit: once each, changed within days, answered, and counted per store.

The net promoter score is the share of ratings of 9 and 10 less the share of ratings of 0 to 6, in whole points from
-100 to 100 (Frederick F. Reichheld, "The One Number You Need to Grow", Harvard Business Review 81 (12), 2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from activity.models import Activity, Attribution, Kind
from audit import trail
from care import cases, policies, telling, terms
from care.models import Case, Opinion
from care.refusals import NotInThisState, NoWords, OutOfTime, ReceiptUnknown
from members import pooling
from members.models import Membership
from programs.models import Store

PROMOTERS, DETRACTORS = 9, terms.LOW_RATING
LINK_LIVES = timedelta(days=60)
_SALT = "care.opinion"


class NoRating(ValueError):
    """A rating is a whole number from 0 to 10."""


@dataclass(frozen=True)
class Score:
    """The ratings of one store, or of all; `nps` None without any."""

    store_id: int | None
    ratings: int
    promoters: int
    detractors: int

    @property
    def nps(self) -> int | None:
        return nps(self.ratings, self.promoters, self.detractors)


def give(
    *, membership: Membership, rating: int, words: str, channel: str, now: datetime, by: str,
    activity_id: int | None = None, store: Store | None = None, occurred_on: date | None = None,
) -> Opinion:  # fmt: skip
    """Say what one thinks of a receipt (`activity_id`) or of a visit (`store` and day); said again, it is changed.

    A low rating opens a case. Raises NoRating, ReceiptUnknown, OutOfTime after 14 days, OwnAccount.
    """
    policies.check_acts_on_another(by, membership)
    if not 0 <= rating <= 10:
        raise NoRating(str(rating))
    about = _about(membership, activity_id, store, occurred_on)
    with transaction.atomic():
        row = _opened(membership, about, rating, words, channel, now, by)
        if row.given_at != now:
            _change(row, rating, words, now)
        if rating <= terms.LOW_RATING and row.case_id is None:
            row.case = cases.open(
                membership=membership, type=Case.Type.OPINION, channel=_case_channel(channel),
                words=words.strip() or f"{rating}/10", now=now, by="system:opinions", receipt=_number(activity_id),
            )  # fmt: skip
            row.save(update_fields=["case"])
        trail.record(action="opinion.given", actor=by, obj=("opinion", row.pk), at=now, data={"rating": rating})
    return row


def answer(*, opinion_id: int, words: str, now: datetime, by: str) -> Opinion:
    """Answer the member, who is told; the case that a low rating opened ends with it. Raises NoWords, OwnAccount."""
    if not words.strip():
        raise NoWords
    with transaction.atomic():
        row = _locked(opinion_id, by)
        row.answer, row.answered_at, row.answered_by = words.strip()[:2000], now, by
        row.state = Opinion.State.ANSWERED
        row.save(update_fields=["answer", "answered_at", "answered_by", "state"])
        trail.record(action="opinion.answered", actor=by, obj=("opinion", row.pk), at=now)
        if row.case is not None and row.case.state in policies.LIVING:
            cases.solve(case_id=row.case.pk, words=row.answer, outcome="answer", now=now, by=by, data={})
        else:
            telling.tell_answer(row, now=now)
    return row


def close(*, opinion_id: int, now: datetime, by: str) -> Opinion:
    """Lay an opinion aside: read, and nothing to answer. A case that it opened goes on: it is owed an answer."""
    with transaction.atomic():
        row = _locked(opinion_id, by)
        if row.state == Opinion.State.CLOSED:
            raise NotInThisState(_("Somebody was faster: this is closed."))
        row.state = Opinion.State.CLOSED
        row.save(update_fields=["state"])
        trail.record(action="opinion.closed", actor=by, obj=("opinion", row.pk), at=now)
    return row


def scores(rows: Sequence[int] | None, *, program_id: int, since: datetime, until: datetime) -> list[Score]:
    """Ratings by store of what was given in a period (half-open); `rows` are the store ids one may see, None: all."""
    given = Opinion.objects.filter(program_id=program_id, given_at__gte=since, given_at__lt=until)
    if rows is not None:
        given = given.filter(store_id__in=rows)
    counted = given.values("store_id").annotate(
        ratings=Count("pk"),
        promoters=Count("pk", filter=Q(rating__gte=PROMOTERS)),
        detractors=Count("pk", filter=Q(rating__lte=DETRACTORS)),
    )
    return [Score(**one) for one in counted.order_by("store_id")]


def nps(ratings: int, promoters: int, detractors: int) -> int | None:
    """The score in whole points, half away from zero; None without ratings."""
    if not ratings:
        return None
    points = 100 * (promoters - detractors)
    rounded = (2 * abs(points) + ratings) // (2 * ratings)
    return rounded if points >= 0 else -rounded


def link_of(membership_id: int, activity_id: int) -> str:
    """What a signed link to rate a receipt carries: it lets its bearer rate that receipt, and nothing else."""
    return signing.dumps([membership_id, activity_id], salt=_SALT)


def named_by(link: str) -> tuple[int, int] | None:
    """(membership, activity) of a signed link that is ours and not too old."""
    try:
        membership_id, activity_id = signing.loads(link, salt=_SALT, max_age=LINK_LIVES)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(membership_id), int(activity_id)


def of_receipt(membership_id: int, activity_id: int) -> Opinion | None:
    """What this member said of a receipt."""
    return Opinion.objects.filter(membership_id=membership_id, activity_id=activity_id).first()


@dataclass(frozen=True)
class _About:
    activity_id: int | None
    occurred_on: date
    store_id: int | None


def _about(membership: Membership, activity_id: int | None, store: Store | None, day: date | None) -> _About:
    if activity_id is None:
        if store is None or day is None:
            raise ReceiptUnknown(_("Say which store, and on which day."))
        return _About(None, day, store.pk)
    mine = Attribution.objects.filter(  # hers in whatever pot, never of those she shares a pot with
        activity_id=activity_id, program_id=membership.program_id, ended_at=None,
        membership_id__in=pooling.kin_of(membership.pk).memberships,
    )  # fmt: skip
    row = Activity.objects.filter(activity_id=activity_id, kind__in=[Kind.PURCHASE, Kind.RETURN, Kind.VISIT]).first()
    if row is None or not mine.exists():
        raise ReceiptUnknown(_("This receipt is not the member’s."))
    return _About(row.activity_id, row.occurred_on, row.store_id)


def _opened(
    membership: Membership, about: _About, rating: int, words: str, channel: str, now: datetime, by: str
) -> Opinion:  # fmt: skip
    """The opinion of this receipt or visit, locked: a new one, or the one there is already."""
    try:
        with transaction.atomic():
            return Opinion.objects.create(
                program_id=membership.program_id, membership=membership, activity_id=about.activity_id,
                occurred_on=about.occurred_on, store_id=about.store_id, rating=rating, words=words.strip()[:2000],
                channel=channel, given_at=now, given_by=by, changed_at=now,
            )  # fmt: skip
    except IntegrityError:
        same = Opinion.objects.select_for_update().filter(membership=membership)
        if about.activity_id is not None:
            return same.get(activity_id=about.activity_id)
        return same.get(activity_id=None, store_id=about.store_id or 0, occurred_on=about.occurred_on)


def _change(row: Opinion, rating: int, words: str, now: datetime) -> None:
    if now - row.given_at > timedelta(days=terms.CHANGED_WITHIN_DAYS):
        raise OutOfTime(_("An opinion can be changed for %(days)s days.") % {"days": terms.CHANGED_WITHIN_DAYS})
    row.rating, row.words, row.changed_at, row.state = rating, words.strip()[:2000], now, Opinion.State.NEW
    row.save(update_fields=["rating", "words", "changed_at", "state"])


def _locked(opinion_id: int, by: str) -> Opinion:
    """The opinion, locked after its case, as whoever ends the case does."""
    said = Opinion.objects.filter(pk=opinion_id)
    list(Case.objects.select_for_update().filter(pk__in=said.values("case_id")))
    row = Opinion.objects.select_for_update(of=("self",)).select_related("membership", "case").get(pk=opinion_id)
    policies.check_acts_on_another(by, row.membership)
    return row


def _number(activity_id: int | None) -> str:
    row = Activity.objects.filter(activity_id=activity_id).only("external_id").first() if activity_id else None
    return row.external_id if row else ""


def _case_channel(channel: str) -> str:
    return channel if channel in Case.Channel.values else Case.Channel.WEB
