"""Small parts of the studio's templates."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template

register = template.Library()


@register.filter
def named(actor: str, names: Mapping[str, str]) -> str:
    """What colleagues call `user:7`."""
    return names.get(actor, actor)


@register.filter
def said_at(said: Mapping[str, Any], place: str) -> Any:
    """The remark that stands beside the field of that place."""
    return said.get(place)


@register.filter
def shown(points: int, scale: int) -> Decimal:
    """Smallest units as the whole ones people read."""
    return Decimal(points).scaleb(-scale)


@register.filter
def chosen(values: list[str], value: str) -> bool:
    return value in values


@register.simple_tag(takes_context=True)
def points(context: template.Context, number: int, scale: int) -> str:
    """Points in their smallest units, written as people read them."""
    return str(context["formats"].number(Decimal(number).scaleb(-scale)))


@register.simple_tag(takes_context=True)
def signed_points(context: template.Context, number: int, scale: int) -> str:
    written = str(context["formats"].number(Decimal(number).scaleb(-scale)))
    return f"+{written}" if number > 0 else written


@register.filter
def unlocalized(length: float) -> str:
    """A length of the drawing, with a point in every language."""
    return f"{length:.1f}"


@register.filter
def from_ground(height: float) -> str:
    """Where a bar of that height begins, from the top of the chart."""
    return f"{112 - height:.1f}"


@register.filter
def right_of(x: float) -> str:
    """Where the second bar of a pair begins, which is the middle of the pair."""
    return f"{x + 19:.1f}"


@register.filter
def member_number(holder_id: int, numbers: Mapping[int, str]) -> str:
    """A member's number, or the last figures of the holder's where there is none."""
    return numbers.get(holder_id) or f"…{holder_id % 1_000_000:06}"


@register.filter
def said_at_store(code: str, stores: Mapping[str, str]) -> str:
    return stores.get(code, code)
