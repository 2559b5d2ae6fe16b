"""S80: a person with the area of France, all German stores and three Polish ones, at things of several places.

"View and use, but no edit" is said here by asking twice: `may_some` for viewing and using, `may_all` for editing.
"""

from __future__ import annotations

from typing import Any

import pytest

from identity import rights, staff
from identity.rights import Scope

pytestmark = pytest.mark.django_db
GERMAN = ("hamburg", "munich", "berlin")
POLISH = ("krakow", "gdansk", "poznan")
FRANCE, GERMANY = Scope(market="FR"), Scope(market="DE")
NOTHING, VIEW_AND_USE, EVERYTHING = (False, False, False), (True, True, False), (True, True, True)


def stores(*codes: str) -> list[Scope]:
    return [Scope(store=code) for code in codes]


@pytest.fixture
def user(now: Any) -> Any:
    held = [("marketing", scope) for scope in (FRANCE, *stores(*GERMAN, *POLISH))]
    return staff.create_staff("anna@example.com", "Anna", held, now=now, by="test")


@pytest.mark.parametrize(
    ("places", "may"),
    [
        (stores("lyon"), NOTHING),
        (stores("hamburg", "munich"), EVERYTHING),
        ([GERMANY], NOTHING),
        ([FRANCE, *stores("lyon")], VIEW_AND_USE),
        ([FRANCE], EVERYTHING),
        (stores(*POLISH, "warsaw"), VIEW_AND_USE),
        (stores(*POLISH, "warsaw", "opened-today"), VIEW_AND_USE),
        (stores(*POLISH), EVERYTHING),
        ([], NOTHING),
    ],
    ids=["lyon", "hamburg+munich", "germany", "france+lyon", "france", "all polish", "one more", "own polish", "none"],
)
def test_grants_add_up_and_a_thing_of_several_places_is_edited_by_who_has_them_all(
    user: Any, places: list[Scope], may: tuple[bool, bool, bool]
) -> None:
    view = rights.may_some(user, "rulebooks.see", places)
    use = rights.may_some(user, "rulebooks.publish", places)
    edit = rights.may_all(user, "rulebooks.write", places)
    assert (view, use, edit) == may


def test_what_belongs_to_a_market_and_a_store_is_reached_by_either_grant(user: Any) -> None:
    """A member is at home in a store, in its market: her page is not a thing given to a store."""
    assert rights.may(user, "rulebooks.see", Scope(market="FR", store="lyon"))
    assert rights.may(user, "rulebooks.see", Scope(market="DE", store="berlin"))
    assert not rights.may(user, "rulebooks.see", Scope(market="DE", store="bonn"))
