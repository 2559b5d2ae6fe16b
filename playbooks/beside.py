"""What a playbook names and does not hold: logos and texts of terms, in files beside it. Reads no database.

A file is named by a path below the playbook's own folder. Of a logo that is kept already (`logo-<digest>.png`, as
`export` names it) no file is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playbooks.format import Playbook, ThemePart
from playbooks.reading import Document, Path_
from programs import logos, palettes
from programs.logos import Logo

LARGEST_TEXT = 200_000
KEPT = re.compile(r"logo-([0-9a-f]{24})\.png")

Said = tuple[Path_, str]


@dataclass
class Beside:
    """`logos` by what the playbook calls them (of one that is kept already only the digest is known), `texts` of terms
    by the place in the playbook that names them."""

    logos: dict[str, Logo | str] = field(default_factory=dict)
    texts: dict[Path_, str] = field(default_factory=dict)
    problems: list[Said] = field(default_factory=list)

    def digest_of(self, name: str | None) -> str:
        found = self.logos.get(name or "")
        return found.digest if isinstance(found, Logo) else found or ""


def themes_of(playbook: Playbook) -> Iterator[tuple[Path_, ThemePart]]:
    """Each theme with its place."""
    if playbook.program.theme:
        yield ("program", "theme"), playbook.program.theme
    for place, banner in enumerate(playbook.banners):
        if banner.theme:
            yield ("banners", place, "theme"), banner.theme


def read(document: Document, playbook: Playbook) -> Beside:
    """Every file that is named, read; what cannot be taken stands among the problems."""
    beside = Beside()
    for path, theme in themes_of(playbook):
        if theme.logo and theme.logo not in beside.logos:
            _take_logo(document, beside, (*path, "logo"), theme.logo)
    for place, terms in enumerate(playbook.terms):
        for language, name in (terms.file or {}).items():
            path_ = ("terms", place, "file", language)
            content = _content(document, beside, path_, name, LARGEST_TEXT)
            if content is not None:
                _take_text(beside, path_, content)
        for language, text in (terms.text or {}).items():
            beside.texts["terms", place, "text", language] = text.strip()
    return beside


def remarks(playbook: Playbook) -> Iterator[Said]:
    """Colours that had to be changed to be readable."""
    for path, theme in themes_of(playbook):
        for told in palettes.palette_of(theme.brand, theme.second or "").told:
            yield (*path, "brand"), told


def _take_logo(document: Document, beside: Beside, path: Path_, name: str) -> None:
    kept = KEPT.fullmatch(Path(name).name)
    if kept and (document.folder is None or not (document.folder / name).exists()):
        beside.logos[name] = kept[1]
        return
    content = _content(document, beside, path, name, logos.LARGEST_FILE)
    if content is None:
        return
    try:
        beside.logos[name] = logos.drawn(content)
    except logos.NoLogo as wrong:
        beside.problems.append((path, f"{name} {wrong}"))


def _take_text(beside: Beside, path: Path_, content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        beside.problems.append((path, "is not text in UTF-8"))
        return
    if "\x00" in text or not text:
        beside.problems.append((path, "is empty" if not text else "is no text"))
        return
    beside.texts[path] = text


def _content(document: Document, beside: Beside, path: Path_, name: str, most: int) -> bytes | None:
    """A file below the playbook's folder, never above it, at most so many bytes and one."""
    folder = document.folder
    if folder is None:
        beside.problems.append((path, f"{name} cannot be read from here: import the playbook from its folder"))
        return None
    found = (folder / name).resolve()
    if not found.is_relative_to(folder.resolve()):
        beside.problems.append((path, f"{name} is not beside the playbook"))
        return None
    try:
        with found.open("rb") as opened:
            content = opened.read(most + 1)
    except (OSError, ValueError):
        beside.problems.append((path, f"there is no file {name} beside the playbook"))
        return None
    if len(content) > most:
        beside.problems.append((path, f"{name} is larger than {most // 1000} kB"))
        return None
    return content
