"""What each role may do: the one table. Where it may do it is said by the grant's scope (identity.rights)."""

from __future__ import annotations

from identity.models import Role

_STORE = frozenset({Role.STORE_STAFF, Role.STORE_MANAGER})
_DESK = _STORE | {Role.CALL_CENTRE}
_OFFICE = frozenset({Role.ADMINISTRATOR})
_WATCHING = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})

ALLOWED: dict[str, frozenset[Role]] = {
    # people
    "members.search": _DESK | _WATCHING,
    "members.see": _DESK | _WATCHING,
    "members.enrol": _DESK | _OFFICE,
    "members.edit": _DESK | _OFFICE,
    "members.consents": _DESK | _OFFICE,
    "members.suspend": frozenset({Role.CALL_CENTRE}) | _OFFICE,
    "members.close": frozenset({Role.STORE_MANAGER, Role.CALL_CENTRE}) | _OFFICE,
    "members.merge": frozenset({Role.STORE_MANAGER, Role.CALL_CENTRE}) | _OFFICE,
    "members.erase": frozenset({Role.CALL_CENTRE}) | _OFFICE,
    "households.edit": _DESK | _OFFICE,
    "cards.bind": _DESK | _OFFICE,
    "cards.block": _DESK | _OFFICE,
    "cards.replace": _DESK | _OFFICE,
    "cards.generate": frozenset({Role.STORE_MANAGER}) | _OFFICE,
    "cards.stock": _STORE | _OFFICE,
    "till.use": _STORE | _OFFICE,
    # what they ask for and say
    "cases.see": _DESK | _WATCHING,
    "cases.work": _DESK | _OFFICE,
    "opinions.see": _DESK | _WATCHING | {Role.MARKETING},
    # what they did and have
    "activity.see": _DESK | _WATCHING | {Role.FINANCE},
    "points.see": _DESK | _WATCHING | {Role.FINANCE},
    "points.adjust": frozenset({Role.STORE_MANAGER, Role.CALL_CENTRE}) | _OFFICE,
    "tiers.floor": frozenset({Role.STORE_MANAGER, Role.CALL_CENTRE}) | _OFFICE,
    "points.approve": frozenset({Role.FINANCE}) | _OFFICE,
    "wallets.freeze": frozenset({Role.CALL_CENTRE}) | _OFFICE,
    "fraud.see": frozenset({Role.STORE_MANAGER}) | _WATCHING,
    # files
    "imports.see": _WATCHING | {Role.CALL_CENTRE, Role.FINANCE},
    "imports.run": _OFFICE,
    "replication.see": _WATCHING | {Role.CALL_CENTRE},
    "replication.work": _OFFICE,
    "quarantine.see": _WATCHING | {Role.CALL_CENTRE},
    "quarantine.fix": frozenset({Role.CALL_CENTRE}) | _OFFICE,
    # what is on offer
    "programs.see": _WATCHING | {Role.MARKETING, Role.FINANCE},
    "programs.edit": _OFFICE,
    "rulebooks.see": _WATCHING | {Role.MARKETING, Role.FINANCE, Role.CALL_CENTRE},
    "rulebooks.write": frozenset({Role.MARKETING}),
    "rulebooks.approve": frozenset({Role.MARKETING, Role.FINANCE}) | _OFFICE,
    "rulebooks.publish": frozenset({Role.MARKETING}),
    "rules.stop": frozenset({Role.MARKETING}) | _OFFICE,
    # the house itself
    "reports.see": _WATCHING | {Role.MARKETING, Role.FINANCE, Role.STORE_MANAGER},
    "audit.see": _WATCHING,
    "staff.see": _WATCHING,
    "staff.edit": _OFFICE,
    "staff.invite": frozenset({Role.STORE_MANAGER}) | _OFFICE,
    "access.see": _WATCHING,
}

OF_A_STORE = _STORE
"""Roles that mean nothing without a store: a grant of them names one."""

MOVES_VALUE = frozenset(
    {
        "points.adjust", "points.approve", "wallets.freeze", "members.merge", "members.close", "members.erase",
        "imports.run", "replication.work", "rulebooks.publish", "rulebooks.approve", "programs.edit", "staff.invite",
        "staff.edit",
    }
)  # fmt: skip
"""Actions that move value, undo a person or hand out rights: whoever may do one signs in with a second factor."""

SEES_EVERYBODY = frozenset({"access.see", "audit.see"})
"""What takes a second factor as well: an auditor changes nothing, and reads of everybody."""

NOT_BY_BADGE = MOVES_VALUE | frozenset(
    {
        "access.see", "audit.see", "fraud.see", "reports.see", "imports.see", "quarantine.see", "quarantine.fix",
        "replication.see", "programs.see", "rulebooks.see", "rulebooks.write", "rules.stop", "staff.see",
        "cards.generate", "members.suspend", "tiers.floor",
    }
)  # fmt: skip
"""What a badge and a few digits at a shared till are not enough for. Nor are they for the admin or an export."""
