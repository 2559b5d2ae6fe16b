"""How an amount of points is named."""

import pytest
from django.utils import translation

from web.pots import Unit


@pytest.mark.parametrize(
    ("language", "name", "scale", "amount", "said"),
    [
        ("en", "Points", 0, 1, "point"),
        ("en", "Points", 0, 0, "points"),
        ("en", "points", 0, -1, "point"),
        ("en", "points", 1, 15, "points"),
        ("en", "bonus", 0, 1, "bonus"),
        ("fr", "points", 0, 0, "point"),
        ("fr", "points", 1, 15, "point"),
        ("fr", "points de fidélité", 0, 2, "points de fidélité"),
        ("fr", "points de fidélité", 0, 1, "point de fidélité"),
    ],
)
def test_one_point_is_one(language, name, scale, amount, said):
    with translation.override(language):
        assert Unit(1, "p", name, "redeemable", None, scale).counted(amount) == said
