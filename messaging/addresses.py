"""Where the links of a message lead: a program's own host, or its place under PUBLIC_URL."""

from __future__ import annotations

from typing import Any

from django.conf import settings


def absolute(program: Any, path: str = "/") -> str:
    """`path` of a page of the program, with or without its first slash and the program's own prefix, as an address one
    can follow."""
    outside, path = settings.PUBLIC_URL.rstrip("/"), f"/{path.lstrip('/')}"
    if program is None:
        return f"{outside}{path}"
    inside = path.removeprefix(f"/{program.code}") if path.startswith(f"/{program.code}/") else path
    host = program.hosts.order_by("pk").first()
    if host is None:
        return f"{outside}/{program.code}{inside}"
    scheme = "http" if outside.startswith("http://") else "https"
    return f"{scheme}://{host.host}{inside}"
