"""Canonical files through the command, sentence by sentence."""

from __future__ import annotations

import pytest

from activity.models import Activity, Attribution

pytestmark = pytest.mark.django_db


def test_rows_of_a_receipt_land_as_one_activity(ingest, csv_file):
    counts = ingest(
        csv_file(
            [
                ("R1", "2026-03-01T10:00:00", "s1", "A1", "100", "2", "3.00"),
                ("R1", "2026-03-01T10:00:00", "s1", "A1", "200", "0.250", "1.99"),
                ("R2", "2026-03-01T11:00:00", "u1", "", "100", "1", "1.50"),
            ]
        )
    )
    assert (counts["rows"], counts["landed_rows"], counts["receipts"]) == (3, 3, 2)
    assert (counts["anonymous"], counts["unmatched"], counts["returns"]) == (1, 1, 0)
    first, second = Activity.objects.order_by("activity_id")
    assert (first.external_id, first.quantities, first.nets) == ("R1", [2000, 250], [300, 199])
    assert (first.gross, first.net, first.currency) == (499, 499, "EUR")
    assert first.occurred_at.isoformat() == "2026-03-01T09:00:00+00:00"
    assert (second.currency, second.occurred_at.hour, second.bearer_id) == ("USD", 16, None)
    assert Attribution.objects.get().reason == "UnknownMember"


def test_the_same_file_again_is_all_duplicates(ingest, csv_file):
    path = csv_file([("R1", "2026-03-01T10:00:00", "s1", "A1", "100", "2", "3.00")])
    ingest(path)
    again = ingest(path)
    assert (again["rows"], again["duplicate_rows"], again["landed_rows"], again["receipts"]) == (1, 1, 0, 0)
    assert Activity.objects.count() == 1
