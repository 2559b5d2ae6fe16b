"""What happened to a membership or a login, told to its person, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse

from identity import disowning
from identity.hooks import Happened as LoginHappened
from members import change_codes
from members.hooks import Happened
from members.models import Login, Membership
from messaging import outbox

KINDS = {
    "joined": "welcome",
    "card_blocked": "card_blocked",
    "card_replaced": "card_replaced",
    "closed": "closed",
}
UNTOLD = frozenset({"replication"})
"""Channels whose members do not hear of it from us: another system enrolled them, long ago, or deleted them."""


def owe_for(happened: Happened) -> None:
    """Owe the message of what happened, if there is one. `key` among the values makes it one of its own."""
    if act := _OF_THEIR_OWN.get(happened.what):
        act(happened)
        return
    kind = KINDS.get(happened.what)
    if kind is None or happened.values.get("channel") in UNTOLD:
        return
    values = {name: value for name, value in happened.values.items() if name != "key"}
    _owe(happened, kind, values, str(happened.values.get("key") or happened.now.isoformat()))


def owe_for_login(happened: LoginHappened) -> None:
    """A sign-in from a browser not seen before, or work given at a store, is told to the login's own address."""
    if happened.what == "invited":
        _invited(happened)
    if happened.what == "badge_set":
        _badge_set(happened)
    if happened.what in ("new_device", "way_in"):
        _signed_in_or_changed(happened)


def _signed_in_or_changed(happened: LoginHappened) -> None:
    """With a link for who knows nothing of it."""
    program_id = happened.values.get("program_id")
    links = Login.objects.filter(user_id=happened.user_id).select_related("member")
    language = next((link.member.language for link in links if link.member.language), "")
    said = happened.values
    outbox.owe_address(
        address=happened.address, language=language or said.get("language") or "en", kind=happened.what,
        values={name: said[name] for name in ("device", "device_id", "changed") if name in said}, now=happened.now,
        by=happened.by, program_id=program_id,
        key=f"{happened.what}:{happened.user_id}:{happened.now.isoformat()}",
    )  # fmt: skip


def _invited(happened: LoginHappened) -> None:
    said = happened.values
    outbox.owe_address(
        address=happened.address, language=said.get("language") or "en", kind="staff_invited", now=happened.now,
        values={"name": said.get("name", ""), "store": said.get("store", ""), "path": reverse("backoffice:home")},
        by=happened.by, key=f"invited:{happened.user_id}:{happened.now.isoformat()}",
    )  # fmt: skip


def _badge_set(happened: LoginHappened) -> None:
    """Whoever sets a PIN for somebody else does not do so unseen."""
    said = happened.values
    outbox.owe_address(
        address=happened.address, language=said.get("language") or "en", kind="badge_set", now=happened.now,
        values={"number": said["number"]}, by=happened.by,
        key=f"badge_set:{happened.user_id}:{happened.now.isoformat()}",
    )  # fmt: skip


def code_filled(facts: Mapping[str, Any]) -> dict[str, str]:
    """The code of a change of contact, which stands in no table."""
    return {"code": change_codes.code_of(facts["change"])}


def answer_filled(facts: Mapping[str, Any]) -> dict[str, str]:
    """The page where an old contact says whether it was her; the one that came new has no such page."""
    if not facts.get("change"):
        return {}
    return {"path": reverse("portal:contact_answer", args=[change_codes.link_of(facts["change"])])}


def disowning_filled(facts: Mapping[str, Any]) -> dict[str, str]:
    """The page where its owner says that a sign-in was not hers."""
    number = facts.get("device_id")
    return {"path": reverse("portal:not_me", args=[disowning.link_of(number)])} if number else {}


def _code(happened: Happened) -> None:
    """To the new address; where it is somebody else's already, its owner hears of it, and nobody here does."""
    said = happened.values
    outbox.owe_address(
        address=said["address"], language=said["language"] or "en", program_id=_program_of(happened),
        kind="contact_taken" if said["taken"] else "contact_code", now=happened.now, by=happened.by,
        values={"what": said["field"], "shown": said["shown"], "change": said["change"]},
        key=f"contact_code:{said['change']}",
    )  # fmt: skip


def _contact(happened: Happened) -> None:
    """To the member, and to the address she had before: only what was hers before may say that it was not her."""
    said = happened.values
    facts = {"what": said["field"], "shown": said.get("shown", ""), "held": bool(said.get("held"))}
    change, old = said.get("change", ""), said.get("old_address", "")
    answers = {"change": change} if change and said["field"] != "email" else {}
    _owe(happened, "contact_changed", {**facts, **answers, "held": facts["held"] and bool(answers)}, said["key"])
    if old:
        outbox.owe_address(
            address=old, language=said["language"] or "en", program_id=_program_of(happened), kind="contact_changed",
            values={**facts, "change": change}, now=happened.now, by=happened.by, key=f"contact_changed:{change}:old",
        )  # fmt: skip


_OF_THEIR_OWN: dict[str, Callable[[Happened], None]] = {"contact_code": _code, "contact_changed": _contact}


def _owe(happened: Happened, kind: str, values: Mapping[str, Any], key: str) -> None:
    outbox.owe(
        membership_id=happened.membership_id, kind=kind, values=values, now=happened.now, by=happened.by,
        key=f"{happened.what}:{happened.membership_id}:{key}"[:200],
    )  # fmt: skip


def _program_of(happened: Happened) -> int:
    return Membership.objects.values_list("program_id", flat=True).get(pk=happened.membership_id)
