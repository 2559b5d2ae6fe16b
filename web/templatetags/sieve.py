"""Addresses of a filtered list: the same list with one thing said otherwise, and headings that sort."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def asked_for(asked: Any, **other: Any) -> str:
    """The address of what is asked, with `other` in its place; what is the default is left out."""
    said = {
        "view": asked.view,
        "type": asked.type,
        "state": "ended" if asked.ended else "",
        "sort": asked.sort,
        **other,
    }
    kept = {key: value for key, value in said.items() if value not in ("", None) and (key, value) not in _DEFAULTS}
    return f"?{urlencode(kept)}" if kept else "?"


@register.simple_tag
def sort_head(asked: Any, key: str, label: str) -> SafeString:
    """A heading that sorts by its column; the one that does says which way."""
    down = asked.sort == key
    now = {key: "ascending", f"-{key}": "descending"}.get(asked.sort, "none")
    href = asked_for(asked, sort=f"-{key}" if down else key)
    return format_html('<th scope="col" aria-sort="{}"><a href="{}">{}</a></th>', now, href, label)


_DEFAULTS = {("view", "all"), ("sort", "due"), ("page", 1)}
