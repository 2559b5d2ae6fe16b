"""What a program shows of itself that is no rule: the looks of its banners, and the texts of its terms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from playbooks.beside import themes_of
from playbooks.checking import Checked
from playbooks.format import ThemePart
from playbooks.problems import InvalidPlaybook
from playbooks.reading import Path_
from playbooks.report import Change
from programs.logos import Logo
from programs.models import Program, TermsText, ThemeLogo

Tree = dict[str, Any]


def look_of(checked: Checked, theme: ThemePart) -> Tree:
    """A theme as a row keeps it, its logo among those that are kept. Raises InvalidPlaybook for one that is nowhere."""
    look: Tree = {"brand": theme.brand, "second": theme.second or "", "engraving": theme.engraving}
    if theme.logo:
        found = checked.beside.logos[theme.logo]
        if isinstance(found, Logo):
            fields = {"width": found.width, "height": found.height, "png": found.png}
            kept, _new = ThemeLogo.objects.get_or_create(digest=found.digest, defaults=fields)
        else:
            kept = ThemeLogo.objects.filter(pk=found).first() or _nowhere(checked, theme.logo)
        look["logo"] = {"digest": kept.digest, "width": kept.width, "height": kept.height}
    return look


def put_terms(checked: Checked, program: Program, changes: list[Change], *, now: datetime) -> None:
    """Keep the texts that are new. One that was kept stays word for word, for somebody may have agreed to it.

    Raises InvalidPlaybook for another text under the same version.
    """
    kept = {(row.version, row.market_code, row.language): row.text for row in TermsText.objects.filter(program=program)}
    for (version, market, language), (path, text) in texts_of(checked).items():
        before = kept.get((version, market, language))
        if before is None:
            TermsText.objects.create(
                program=program, version=version, market_code=market, language=language, text=text, since=now
            )
            changes.append(Change("created", "terms text", " ".join(filter(None, [version, market, language]))))
        elif before != text:
            message = f"the text of version {version} was shown to members and stays: give the new text a new version"
            raise InvalidPlaybook([checked.document.problem(path, message)])


def texts_of(checked: Checked) -> dict[tuple[str, str, str], tuple[Path_, str]]:
    """(version, market or nothing, language) -> where it stands and its text."""
    return {
        (checked.playbook.terms[int(path[1])].version, checked.playbook.terms[int(path[1])].market or "", str(path[3])):
            (path, text)
        for path, text in checked.beside.texts.items()
    }  # fmt: skip


def theme_in_file(checked: Checked, theme: ThemePart | None) -> Tree | None:
    """A theme in canonical form: its logo named by its drawing."""
    if theme is None:
        return None
    return _slim(theme.brand, theme.second, theme.engraving, checked.beside.digest_of(theme.logo))


def theme_in_row(look: Tree) -> Tree | None:
    """The same of a row's."""
    if not look:
        return None
    digest = (look.get("logo") or {}).get("digest", "")
    return _slim(look["brand"], look.get("second"), look.get("engraving", "lattice"), digest)


def terms_in_file(checked: Checked) -> list[Tree]:
    """The texts of terms in canonical form."""
    return _terms({key: text for key, (_, text) in texts_of(checked).items()})


def terms_in_rows(program: Program) -> list[Tree]:
    rows = TermsText.objects.filter(program=program)
    return _terms({(row.version, row.market_code, row.language): row.text for row in rows})


def _terms(texts: dict[tuple[str, str, str], str]) -> list[Tree]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for (version, market, language), text in sorted(texts.items()):
        found.setdefault((version, market), {})[language] = text
    return [
        {"version": version, **({"market": market} if market else {}), "text": said}
        for (version, market), said in found.items()
    ]


def _slim(brand: str, second: str | None, engraving: str, logo: str) -> Tree:
    said = {"brand": brand, "second": second, "engraving": engraving if engraving != "lattice" else "",
            "logo": f"logo-{logo}.png" if logo else ""}  # fmt: skip
    return {key: value for key, value in said.items() if value}


def _nowhere(checked: Checked, name: str) -> ThemeLogo:
    path = next(path for path, theme in themes_of(checked.playbook) if theme.logo == name)
    message = f"there is no file {name} beside the playbook, and no such logo is kept"
    raise InvalidPlaybook([checked.document.problem((*path, "logo"), message)])
