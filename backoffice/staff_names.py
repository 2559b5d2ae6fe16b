"""Who did it, in a colleague's words: the trail says "user:12", a page says "Sofia"."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from identity.models import User


def of(actors: Iterable[str], member: str = "") -> dict[str, str]:
    """actor -> name, in one statement; members' own acts are called `member`, those of no person Fidelio's."""
    every = set(actors)
    numbers = {int(one.partition(":")[2]) for one in every if one.startswith("user:") and one[5:].isdigit()}
    users = {user.pk: user for user in User.objects.filter(pk__in=numbers).select_related("staff")}
    found = {}
    for actor in every:
        kind, _colon, number = actor.partition(":")
        if kind == "user" and number.isdigit() and int(number) in users:
            user = users[int(number)]
            profile = getattr(user, "staff", None)
            found[actor] = profile.display_name if profile else user.email.partition("@")[0]
        elif kind == "member":
            found[actor] = member or _("the member")
        else:
            found[actor] = "Fidelio"
    return found
