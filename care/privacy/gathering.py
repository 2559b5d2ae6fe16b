"""All that our tables hold of one person, as plain values: what the archive tells machines, table by table.

What is in it follows from the inventories: every column of every table that names her, but for those exempt there.
"""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from care.privacy import columns, subjects
from care.privacy.subjects import Subject
from values.inventory import Table

Rows = list[dict[str, Any]]


def tables_of(subject: Subject) -> dict[str, Rows]:
    """table -> her rows, each column by its name; tables in which she has none are left out."""
    every = columns.models()
    found = {}
    for table in sorted(columns.of_people(), key=lambda one: one.name):
        if "*" not in table.exempt and (rows := rows_of(table, every[table.name], subject)):
            found[table.name] = rows
    return found


def rows_of(table: Table, model: Any, subject: Subject) -> Rows:
    """Her rows of one table, in the order of their keys."""
    told = told_columns(table, model)
    condition, values = subjects.rows_of(table, subject)
    quoted = ", ".join(f'"{name}"' for name in told)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {quoted} FROM {table.name} WHERE {condition} ORDER BY 1", values)
        return [dict(zip(told, map(plain, row), strict=True)) for row in cursor.fetchall()]


def told_columns(table: Table, model: Any) -> list[str]:
    """The columns of a table that are in an archive."""
    return [name for name in columns.columns_of(model) if name not in table.exempt]


def explained() -> dict[str, dict[str, Any]]:
    """What each table is for, why we may keep it, how long, and what is left out for which reason."""
    return {
        table.name: {
            "purpose": table.purpose, "basis": table.basis.value, "kept": table.retention,
            "left out": dict(table.exempt),
        }
        for table in sorted(columns.of_people(), key=lambda one: one.name)
    }  # fmt: skip


def plain(value: Any) -> Any:
    """As JSON has it: moments and days in ISO 8601, exact numbers as text, bytes in base64."""
    match value:
        case None | bool() | int() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case dict():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return str(value)


def as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=False)
