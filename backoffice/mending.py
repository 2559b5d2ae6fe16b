"""Working on a row of the quarantine at the desk: correct it and let its receipt try again, or give it up."""

from collections.abc import Mapping
from datetime import datetime

from django import forms
from django.db import transaction

from activity import canonical, quarantine
from backoffice.arrivals import WaitingRow

FIRST_FIELDS = ("receipt_id", "occurred_at", "store", "card", "sku", "quantity", "net")
"""Offered where a row could not even be taken apart."""


class MendForm(forms.Form):
    """A text field for each canonical field of the row, the wrong one first; empty means empty."""

    def __init__(self, row: WaitingRow, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, prefix="field")
        self.row = row
        names = [row.field] if canonical.is_field(row.field) else []
        names += [name for name in (row.fields or dict.fromkeys(FIRST_FIELDS, "")) if name not in names]
        for name in names:
            self.fields[name] = forms.CharField(
                label=name, required=False, max_length=300, strip=False, initial=row.fields.get(name, "")
            )

    @property
    def changes(self) -> dict[str, str | None]:
        """What is said otherwise than the row says it; None empties a field."""
        return {
            name: value or None for name, value in self.cleaned_data.items() if value != self.row.fields.get(name, "")
        }


@transaction.atomic
def mend(row_id: int, changes: Mapping[str, str | None], *, now: datetime, by: str) -> bool:
    """Correct the row, then let its receipt try again, whole. Whether the row has landed now."""
    quarantine.fix(row_id=row_id, changes=changes, now=now, by=by)
    return _replay(row_id, now, by)


@transaction.atomic
def give_up(row_id: int, *, now: datetime, by: str) -> bool:
    """Decide that the row never happened; what it held back may land. Whether something did."""
    quarantine.drop(row_id=row_id, now=now, by=by)
    return _replay(row_id, now, by)


def _replay(row_id: int, now: datetime, by: str) -> bool:
    tried = quarantine.replay(rows=quarantine.receipts_of([row_id]), now=now, by=by)
    return any(one.state in {"landed", "duplicate"} for one in tried)
