"""Claiming a card that was handed out blank: by a receipt it was shown for, or by the code printed on it.

What was bought with it meanwhile waits for its member, and is hers from then on. Whoever asks in vain is told one
thing, whether the number is unknown, somebody's, or only its proof is wrong.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from activity import attribution
from members import cards, claim_codes, numbers, proofs
from members.matching import UNKNOWN
from members.models import Card, CardProof, Membership
from members.refusals import CardTaken, Refused

CLAIM = CardProof.What.CLAIM
LONGEST = 200
REMATCHED = 2000

_SHOWN_FOR = """
SELECT b.card FROM activity_key k
JOIN attribution t ON t.activity_id = k.activity_id AND t.program_id = %(program)s AND t.ended_at IS NULL
JOIN bearer b ON b.bearer_id = t.bearer_id
WHERE k.source_id IN (SELECT source_id FROM source_program WHERE program_id = %(program)s)
  AND k.external_id = %(receipt)s AND t.membership_id IS NULL AND t.reason = %(unknown)s AND b.card IS NOT NULL
"""


class NotClaimed(Refused):
    """No blank card of this number is proven so. Which of the two is wrong is not told."""

    field = "number"


def claim(*, membership_id: int, number: str, proof: str, now: datetime, by: str) -> Card:
    """Bind a blank card to this membership, and give it what was bought with the card before.

    `proof`: the number of a receipt the card was shown for, or the code printed on it. Raises NotClaimed, TooManyTries;
    a vain try is counted.
    """
    with transaction.atomic():
        membership = proofs.begin(membership_id, CLAIM, now)
        claimed = _claimed(membership, numbers.as_read(number)[:LONGEST], proof.strip()[:LONGEST], now, by)
        if claimed is None:
            proofs.wrong(membership, CLAIM, now, by)
        else:
            proofs.right(membership, CLAIM, now, by)
            attribution.rematch(membership.program, now, REMATCHED)
    if claimed is None:
        raise NotClaimed("no such card with this proof")
    return claimed


def _claimed(membership: Membership, number: str, proof: str, now: datetime, by: str) -> Card | None:
    """The card, bound; None when there is none, or somebody else was faster. As much work whichever it is."""
    number, proof = number.replace("\0", ""), proof.replace("\0", "")
    card = Card.objects.filter(program_id=membership.program_id, number__iexact=number).first()
    blank = card is not None and card.status == Card.Status.BLANK
    digest = bytes(card.claim_digest) if card is not None and blank and card.claim_digest else None
    coded = claim_codes.fits(proof, card.number if card is not None else number, digest)
    shown = _was_shown(membership.program_id, number, proof)
    if card is None or not blank or not (coded or shown):
        return None
    try:
        return cards.bind(membership=membership, number=card.number, now=now, by=by)
    except CardTaken:
        return None


def _was_shown(program_id: int, number: str, receipt: str) -> bool:
    """Whether a receipt of that number waits for this very card's member."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN_FOR, {"program": program_id, "receipt": receipt, "unknown": UNKNOWN})
        shown = {numbers.as_read(card).upper() for (card,) in cursor.fetchall()}
    return bool(receipt) and number.upper() in shown
