"""The published JSON Schemas of both formats."""

from __future__ import annotations

from typing import Any

from playbooks.format import Playbook
from playbooks.rehearsals.format import Book

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def of(which: str) -> dict[str, Any]:
    """The schema of `playbook` or `rehearsal`, in which an inline playbook has its own."""
    if which == "playbook":
        return {"$schema": _DIALECT, **Playbook.model_json_schema()}
    book, playbook = Book.model_json_schema(), Playbook.model_json_schema()
    parts = {f"Playbook.{name}": _moved(part) for name, part in playbook.pop("$defs", {}).items()}
    inline = {"type": "string", "description": "a file beside the book"}
    book["properties"]["playbook"] = {"anyOf": [inline, {"$ref": "#/$defs/Playbook"}]}
    book["$defs"] = {**book.get("$defs", {}), **parts, "Playbook": _moved(playbook)}
    return {"$schema": _DIALECT, **book}


def _moved(part: Any) -> Any:
    """References to the playbook's own definitions, where they stand now."""
    if isinstance(part, list):
        return [_moved(inner) for inner in part]
    if isinstance(part, dict):
        return {
            key: value.replace("#/$defs/", "#/$defs/Playbook.") if key == "$ref" else _moved(value)
            for key, value in part.items()
        }
    return part
