"""Markdown that somebody wrote, as HTML that is safe to show: no markup of theirs, no pictures, no script in a link."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token


@lru_cache(maxsize=64)
def html_of(text: str) -> SafeString:
    """The text as HTML. A language's own markup stands in it as text; links with a script in them stay words."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = reader.parse(text)
    _put_below_the_page([token for token in tokens if token.type.startswith("heading_")])
    return mark_safe(reader.renderer.render(tokens, reader.options, {}))


def _put_below_the_page(headings: Sequence[Token]) -> None:
    """The page has the first heading: those of a text begin at the second, and leave no step out."""
    highest = min((int(token.tag[1]) for token in headings), default=1)
    before = 1
    for token in headings:
        if token.type == "heading_open":
            before = min(int(token.tag[1]) - highest + 2, before + 1, 6)
        token.tag = f"h{before}"
