"""Finds every text of the screens and says which have no French yet; `--write` adds them, empty, to the catalogues.

Texts come from the templates (through Django's own translator of templates) and the Python of the doors. Each lives in
the catalogue of its room: templates/backoffice in backoffice/, templates/ui in web/, the others in portal/.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog, pofile
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("portal", "backoffice", "studio", "web", "members", "messaging", "care", "replication")
LANGUAGES = ("fr",)
OTHERS = frozenset({"admin", "unfold"})
"""Folders of templates that speak the admin's own language."""
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}

Text = tuple[str, str | tuple[str, str]]
"""(context or "", message id), the id a pair where there is a plural."""


def texts() -> dict[str, dict[Text, str]]:
    """Every text with where it was first seen, by room."""
    found: dict[str, dict[Text, str]] = {room: {} for room in ROOMS}
    for room, source, code in _sources():
        for line, function, arguments, _comments in extract_python(io.BytesIO(code), KEYWORDS, [], {}):
            text = _text(str(function), arguments)
            if text is not None:
                found[room].setdefault(text, f"{source.relative_to(ROOT)}:{line}")
    return found


def missing(language: str) -> list[str]:
    """Texts without a translation, as sentences."""
    catalogues = [_catalogue(room, language) for room in ROOMS]
    return [
        f"{place}: {text[1]!r} has no {language} text"
        for room in ROOMS
        for text, place in texts()[room].items()
        if not any(_has(catalogue, text) for catalogue in catalogues)
    ]


def catalogue_path(room: str, language: str) -> Path:
    return ROOT / room / "locale" / language / "LC_MESSAGES" / "django.po"


def _sources() -> Iterator[tuple[str, Path, bytes]]:
    from django.utils.translation.template import templatize

    for path in sorted((ROOT / "templates").rglob("*")):
        place = path.relative_to(ROOT / "templates").parts[0]
        if path.suffix in {".html", ".txt", ".subject"} and place not in OTHERS:
            room = {"backoffice": "backoffice", "studio": "studio", "ui": "web", "messaging": "messaging"}.get(
                place, "portal"
            )
            code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            yield room, path, "\n".join(line.lstrip() for line in code.split("\n")).encode()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield room, path, path.read_bytes()


def _text(function: str, arguments: object) -> Text | None:
    said = list(arguments) if isinstance(arguments, list | tuple) else [arguments]
    if function == "_":
        function = "gettext"
    context = str(said.pop(0)) if "pgettext" in function and said else ""
    texts_ = [text for text in said if isinstance(text, str)]
    if not texts_:
        return None
    if "ngettext" in function or "npgettext" in function:
        return context, (texts_[0], texts_[1])
    return context, texts_[0]


def _catalogue(room: str, language: str) -> Catalog:
    path = catalogue_path(room, language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def _has(catalogue: Catalog, text: Text) -> bool:
    context, identity = text
    message = catalogue.get(identity, context or None)
    if message is None or message.fuzzy:
        return False
    strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
    return all(strings)


def _write(language: str) -> None:
    seen: set[Text] = set()
    for room, found in texts().items():
        before, after = _catalogue(room, language), _fresh(language)
        for text, place in sorted(found.items(), key=lambda item: item[1]):
            if text in seen:
                continue
            seen.add(text)
            context, identity = text
            known = before.get(identity, context or None)
            first_seen = place.rpartition(":")[0]
            after.add(identity, known.string if known else None, context=context or None, locations=[(first_seen, 0)])
        path = catalogue_path(room, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            pofile.write_po(file, after, width=110, omit_header=False, include_lineno=False, sort_by_file=True)


def _fresh(language: str) -> Catalog:
    """An empty catalogue whose heading does not change with the hour."""
    day = datetime(2026, 11, 22, tzinfo=UTC)
    return Catalog(
        locale=language, project="fidelio", version="0", copyright_holder="the Fidelio maintainers", charset="utf-8",
        creation_date=day, revision_date=day, fuzzy=False, header_comment=f"# The texts of the screens, {language}.",
        msgid_bugs_address="", last_translator="the Fidelio maintainers", language_team="the Fidelio maintainers",
    )  # fmt: skip


def main() -> int:
    for language in LANGUAGES:
        if "--write" in sys.argv:
            _write(language)
        lacking = missing(language)
        print("\n".join(lacking) or f"every text has its {language} text")
        if lacking:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
