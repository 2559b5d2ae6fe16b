"""Every column of ours has a class, so that archive, erasure and retention can be told of all of it."""

from __future__ import annotations

import dataclasses

import pytest

from care.privacy import columns
from tests.house.test_tables import OURS

pytestmark = pytest.mark.django_db


def test_inventories_say_nothing_that_cannot_be():
    assert list(columns.contradictions()) == []


def test_every_column_of_ours_has_a_class():
    missing = list(columns.unclassed(frozenset(OURS)))
    assert missing == [], "say what it tells of a person, in the room's inventory.py (docs/privacy.md)"


def test_a_column_without_a_class_is_named_with_where_to_say_it(monkeypatch):
    card = next(table for table in columns.tables().values() if table.name == "card")
    shorn = {**columns.tables(), "card": dataclasses.replace(card, personal=("number",))}
    monkeypatch.setattr(columns, "tables", lambda: {name: table for name, table in shorn.items() if name != "consent"})
    missing = list(columns.unclassed(frozenset({"members"})))
    assert missing == ["card.reason (members/inventory.py)", "consent (members/inventory.py)"]
