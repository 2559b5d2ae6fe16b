"""Where the pictures of a look are fetched: from the static files of a look of the house, else made from its theme."""

from __future__ import annotations

from pathlib import Path

from django.templatetags.static import static
from django.urls import reverse

import web
from web import looks
from web.banners import Look

FOLDER = Path(web.__file__).parent / "static/web/icons"


def address(look: Look, name: str) -> str:
    """The address of one of its icons, such as "icon-512"."""
    return file(look, f"{name}.png") if look.own else static(f"web/icons/{look.theme}-{name}.png")


def file(look: Look, name: str) -> str:
    """The address of a file of a look in its own colours. It changes with what is in the file."""
    owner, _, code = look.theme.partition("-")
    return reverse("web:look", args=[owner, code, look.digest, name])


def content(look: Look, name: str) -> bytes:
    """The PNG itself, for what is put into a file of another kind."""
    made = looks.file_of(look, f"{name}.png")
    return made[1] if made else (FOLDER / f"{look.theme}-{name}.png").read_bytes()
