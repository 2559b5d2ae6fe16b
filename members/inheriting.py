"""What a membership that was merged leaves to the kept one: what it likes, its store, its place at the head; and back.

What the kept one said itself stays. What it lacks comes from the gone one, which keeps its own record.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from members import policies
from members.models import Household, Membership, Taste


def join(kept: Membership, gone: Membership, now: datetime) -> dict[str, Any]:
    """Let the kept one have the tastes of both, a store where it has none, and head what the other headed.

    What was done is returned, for `part`: numbers of rows, and nothing that anybody likes.
    """
    headed = Household.objects.filter(head=gone)
    done: dict[str, Any] = {"tastes": _tastes(kept, gone, now), "heads": list(headed.values_list("pk", flat=True))}
    headed.update(head=kept)
    if kept.home_store_id is None and gone.home_store_id and policies.can_change(kept.member, "store"):
        done |= {"store": gone.home_store_id, "banner": kept.home_banner_id}
        kept.home_store_id, kept.home_banner_id = gone.home_store_id, gone.home_banner_id
        kept.save(update_fields=["home_store", "home_banner"])
    return done


def part(kept: Membership, gone: Membership, done: dict[str, Any]) -> None:
    """Take back what `join` gave, as far as it is still as it was left."""
    Household.objects.filter(pk__in=done.get("heads", []), head=kept).update(head=gone)
    Taste.objects.filter(membership=kept, pk__in=done.get("tastes", [])).delete()
    if done.get("store") and kept.home_store_id == done["store"]:
        kept.home_store_id, kept.home_banner_id = None, done["banner"]
        kept.save(update_fields=["home_store", "home_banner"])


def _tastes(kept: Membership, gone: Membership, now: datetime) -> list[int]:
    mine = Taste.objects.filter(membership=kept).values("code")
    new = Taste.objects.filter(membership=gone).exclude(code__in=mine).order_by("code")
    made = Taste.objects.bulk_create(Taste(membership=kept, code=one.code, since=now) for one in new)
    return [one.pk for one in made]
