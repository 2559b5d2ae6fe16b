"""What every template keeps: the strict content policy, the sizes of the house, French for each text."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
# mails and the archive of one's data: no policy of ours reaches them, and they bring their style along
SENT = {"messaging", "care"}
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if path.parent.name not in SENT)


def catalogues() -> ModuleType:
    spec = importlib.util.spec_from_file_location("extract_translations", ROOT / "script/extract_translations.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_style_script_or_handler_and_stays_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    # data for a script is no script: no browser runs application/json, so no policy refuses it
    assert not re.search(r"""<script(?![^>]*(\ssrc=|\stype="application/json"))""", text)
    assert len(text.splitlines()) <= 120


def test_every_text_of_the_screens_has_its_french() -> None:
    assert catalogues().missing("fr") == []


def test_the_test_of_french_sees_a_text_that_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    module = catalogues()
    monkeypatch.setattr(module, "_sources", lambda: iter([("web", ROOT / "web/new.py", b'_("Never translated")')]))
    assert module.missing("fr") == ["web/new.py:1: 'Never translated' has no fr text"]


def test_one_text_has_one_french_among_the_doors() -> None:
    """All catalogues are one at run time: a second French for a text would replace the first, on its own pages too."""
    from babel.messages import pofile

    found: dict[object, set[str]] = {}
    for room in ("web", "portal", "backoffice", "studio"):
        with (ROOT / room / "locale/fr/LC_MESSAGES/django.po").open("rb") as file:
            for message in pofile.read_po(file, locale="fr"):
                found.setdefault((message.context, message.id), set()).add(str(message.string))
    several = {asked: said for asked, said in found.items() if len(said - {""}) > 1}
    assert several == {}


def test_french_keeps_the_places_of_values() -> None:
    from babel.messages import pofile

    wrong = []
    for path in ROOT.glob("*/locale/fr/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale="fr"):
                pairs = zip(_strings(message.id), _strings(message.string), strict=False)
                wrong += [one for one, other in pairs if one and _places(one) != _places(other)]
    assert wrong == []


def _strings(text: object) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (str(text),)


def _places(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]", text))
