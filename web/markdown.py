"""Markdown that somebody wrote, as HTML that is safe to show: no markup of theirs, no pictures, no script in a link."""

from __future__ import annotations

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_DOWN = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}
"""The page has a heading of its own: those of a text are one smaller."""


@lru_cache(maxsize=64)
def html_of(text: str) -> SafeString:
    """The text as HTML. A language's own markup stands in it as text; links with a script in them stay words."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = reader.parse(text)
    for token in tokens:
        token.tag = _DOWN.get(token.tag, token.tag)
    return mark_safe(reader.renderer.render(tokens, reader.options, {}))
