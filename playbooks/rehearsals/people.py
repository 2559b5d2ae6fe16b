"""Steps about people: who shares a pot, whose card is blocked, who is one person, who leaves. As the desk does them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from activity import attribution
from care.leaving import acting
from members import cards, households, merging, seats
from members.models import Card
from playbooks.rehearsals.played import Done, Played
from playbooks.rehearsals.stage import BY, Stage, card_kept, card_number


def join(stage: Stage, played: Played, now: datetime) -> Done:
    """Into somebody's household, which is founded with that one as its head where there is none."""
    what = played.step.what
    member, head = stage.joined(what.member), stage.joined(what.household_of)
    with transaction.atomic():
        household = seats.household_of(head.membership_id) or households.found(
            membership_id=head.membership_id, now=now, by=BY
        )
        households.admit(household_id=household.pk, membership_id=member.membership_id, now=now, by=BY)
    stage.look_again()
    return Done()


def leave(stage: Stage, played: Played, now: datetime) -> Done:
    households.leave(membership_id=stage.joined(played.step.what.member).membership_id, now=now, by=BY)
    stage.look_again()
    return Done()


def merge(stage: Stage, played: Played, now: datetime) -> Done:
    what = played.step.what
    merging.merge(
        kept_id=stage.joined(what.kept).membership_id, gone_id=stage.joined(what.gone).membership_id, now=now, by=BY
    )  # fmt: skip
    stage.look_again()
    return Done()


def close(stage: Stage, played: Played, now: datetime) -> Done:
    """The membership; what the program does with the pot is settled when its time has come."""
    membership_id = stage.joined(played.step.what.member).membership_id
    acting.close(membership_id=membership_id, reason="rehearsal", now=now, by=BY)
    stage.closed.add(membership_id)
    return Done()


def block_card(stage: Stage, played: Played, now: datetime) -> Done:
    what = played.step.what
    cards.block(card=_card(stage, what.card), reason=what.reason, now=now, by=BY)
    return Done()


def find_card(stage: Stage, played: Played, now: datetime) -> Done:
    """It turned up again: what waited for it goes on."""
    cards.unblock(card=_card(stage, played.step.what.card), now=now, by=BY)
    attribution.rematch(stage.program, now)
    return Done()


def replace_card(stage: Stage, played: Played, now: datetime) -> Done:
    what = played.step.what
    number = card_number(what.number) if what.number else ""
    person = stage.person(None, what.card)
    cards.replace(card=_card(stage, what.card), reason="rehearsal", now=now, by=BY, number=number)
    if what.number and person is not None:
        stage.bound[what.number] = person.part.id
    attribution.rematch(stage.program, now)
    return Done()


def _card(stage: Stage, written: str) -> Card:
    return Card.objects.get(program=stage.program, number__iexact=card_kept(written))
