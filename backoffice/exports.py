"""Tables as files for a spreadsheet, in which no cell is ever a formula.

A spreadsheet runs a cell that begins with = + - @, a tab or a line break; in CSV such a text gets an apostrophe before
it (OWASP, "CSV Injection"), in XLSX every text is kept as text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse

_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What XML cannot say: one such letter, typed by anybody, would keep the whole table from being written."""
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("csv", "xlsx")


def answer(
    name: str, form: str, head: Sequence[str], rows: Iterable[Sequence[Any]], zone: ZoneInfo
) -> HttpResponse:  # fmt: skip
    """A download of the table; moments are written in `zone`."""
    table = [list(head), *([_plain(cell, zone) for cell in row] for row in rows)]
    content, kind = (_xlsx(table), XLSX) if form == "xlsx" else (_csv(table), "text/csv; charset=utf-8")
    made = HttpResponse(content, content_type=kind)
    made["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    made["X-Content-Type-Options"] = "nosniff"
    return made


def harmless(text: str) -> str:
    """The text, so that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(_STARTS) else text


def _plain(cell: Any, zone: ZoneInfo) -> Any:
    match cell:
        case datetime():
            return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        case date():
            return cell.isoformat()
        case None:
            return ""
        case bool() | int():
            return cell
    return _UNWRITABLE.sub("", str(cell))


def _csv(table: list[list[Any]]) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in table)
    return b"\xef\xbb\xbf" + target.getvalue().encode()  # with a mark, or Excel reads accents as it likes


def _xlsx(table: list[list[Any]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in table:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=None)
            if isinstance(value, str):
                cell.value, cell.data_type = value, "s"  # never "f", whatever it begins with
            else:
                cell.value = value
            cells.append(cell)
        sheet.append(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
