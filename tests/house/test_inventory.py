"""Every column of ours has a class, so that archive, erasure and retention can be told of all of it."""

from __future__ import annotations

import pytest

from care.privacy import columns

pytestmark = pytest.mark.django_db


def test_inventories_say_nothing_that_cannot_be():
    assert list(columns.contradictions()) == []
