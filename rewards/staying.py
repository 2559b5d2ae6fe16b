"""Nobody leaves a pot in which something is set aside for her: she confirms or releases it first."""

from __future__ import annotations

from members import pooling
from members.hooks import Happened
from rewards.models import Redemption
from rewards.refusals import StillHeld


def refuse_while_held(happened: Happened) -> None:
    """Raise StillHeld, which undoes the act. Registered with members.hooks."""
    if happened.what != pooling.LEAVING:
        return
    held = Redemption.objects.filter(
        holder_id=happened.values["holder_id"], membership_id=happened.membership_id, state=Redemption.State.HELD,
        lapses_at__gt=happened.now,
    )  # fmt: skip
    codes = list(held.order_by("redemption_id").values_list("reward__code", flat=True))
    if codes:
        raise StillHeld(codes)
