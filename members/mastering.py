"""Who is the master of what is known of a person: us, or the CRM a population is replicated from.

The room that follows CRMs registers in `AppConfig.ready`; doors ask `members.policies.check_may_change` before they
change a field, and `elsewhere` to say on the page where it is changed instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

FIELDS = (
    "first_name", "last_name", "email", "phone", "birth_date", "language", "address", "store", "cards", "status",
    "tier",
)  # fmt: skip
"""What can be mastered elsewhere. `store` is the favourite one, `status` whether the membership is open."""

# Called with a population's id: field -> the name of the system that masters it, of those that one does.
asked: list[Callable[[int], Mapping[str, str]]] = []


def elsewhere(population_id: int, field: str) -> str:
    """The name of the system where this field is changed; "" where we are its master."""
    return mastered_elsewhere(population_id).get(field, "")


def mastered_elsewhere(population_id: int) -> dict[str, str]:
    """Each field that another system masters, with the system's name: what a form shows without letting it change."""
    found: dict[str, str] = {}
    for ask in asked:
        found = {**ask(population_id), **found}
    return found
