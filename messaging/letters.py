"""A message in words: subject, text, and the same text as a letter in the program's look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import translation

from messaging.kinds import Kind
from programs import themes
from values import texts

FIDELIO = "Fidelio"

_LINK = re.compile(r"(?P<words>[^:]+?)\s?:\s(?P<href>https?://\S+)")


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Paragraph:
    """Words; or, where `href` is there, a link of its own that says what it leads to."""

    words: str
    href: str = ""


def name_of(program: Any, language: str) -> str:
    """What a program is called in `language`; the house's own name without one."""
    return texts.in_language(program.names, language, program.code) if program else FIDELIO


def write(kind: Kind, language: str, program: Any, facts: Mapping[str, Any], *, banner_id: int | None = None) -> Letter:
    """The message in `language`, in the look of a member's banner. `facts` are told to the templates, with `program`,
    its name."""
    told = {"home": "", "link": "", **facts, "program": name_of(program, language)}
    with translation.override(language):
        text = _plain(f"messaging/{kind.name}.txt", told)
        subject = " ".join(_plain(f"messaging/{kind.name}.subject", told).split())
        foot = _plain("messaging/_foot.txt", told)
        html = _template(kind).render(
            {**told, **_set(text, program, language, banner_id), "foot": foot, "subject": subject}
        )
    return Letter(subject, f"{text}\n\n-- \n{foot}\n", html)


def as_letter(subject: str, text: str, program: Any, language: str) -> str:
    """A text that somebody else wrote (allauth, of codes), set as our letters are."""
    around = {**_set(text, program, language), "subject": subject, "program": name_of(program, language), "foot": ""}
    return str(get_template("messaging/letter.html").render(around))


def _set(text: str, program: Any, language: str, banner_id: int | None = None) -> dict[str, Any]:
    return {
        "paragraphs": [_paragraph(one) for one in text.split("\n\n") if one.strip()],
        "language": language,
        "colour": themes.colour_of(program, banner_id),
    }


def _plain(template: str, told: Mapping[str, Any]) -> str:
    """Text is no markup: nothing in it is escaped."""
    made: Any = get_template(template)
    return str(made.template.render(Context(dict(told), autoescape=False))).strip()


def _template(kind: Kind) -> Any:
    try:
        return get_template(f"messaging/{kind.name}.html")
    except TemplateDoesNotExist:
        return get_template("messaging/letter.html")


def _paragraph(text: str) -> Paragraph:
    """ "See my card: https://..." alone in its paragraph is a link that says "See my card"."""
    found = _LINK.fullmatch(text.strip())
    return Paragraph(found["words"].strip(), found["href"]) if found else Paragraph(text)
