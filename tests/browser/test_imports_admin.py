"""The admin's pages of imports and of quarantine, opened as an administrator opens them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activity import intake
from activity.models import InboundFile, Quarantine
from identity import staff
from identity.rights import EVERYWHERE
from tests.browser.test_pages import too_wide
from tests.web import lives

pytestmark = pytest.mark.django_db(transaction=True)
CSV = """receipt_id,store,occurred_at,sku,quantity,gross,net
R1,s1,2026-11-01T10:00:00,a,1,10.00,10.00
R2,s1,2026-13-45,a,1,10.00,10.00
"""


def test_imports_and_quarantine_open_in_french_and_fit(
    visit: Callable[..., Any], sign_in: Callable[[Any, str], None], shoot: Callable[[Any, str], None], program: Any,
    tmp_path: Path,
) -> None:  # fmt: skip
    now = datetime.now(UTC).replace(microsecond=0)
    staff.create_staff(
        "ada@example.com", "Ada", [("administrator", EVERYWHERE)], now=now - timedelta(days=1), by="test", admin=True
    )
    path = tmp_path / "tills.csv"
    path.write_text(CSV)
    intake.ingest(path, source=lives.source(program), program=program, now=now, by="test")
    held, read = Quarantine.objects.get(), InboundFile.objects.get()
    page = visit(width=1440, language="fr")
    sign_in(page, "ada@example.com")
    wrong: list[str] = []
    for name, where, told in (
        ("imports", "/admin/activity/inboundfile/", "tills.csv"),
        ("import", f"/admin/activity/inboundfile/{read.pk}/change/", "tills.csv"),
        ("quarantine", "/admin/activity/quarantine/", "R2"),
        ("quarantined", f"/admin/activity/quarantine/{held.pk}/change/", "2026-13-45"),
    ):
        answer = page.goto(where)
        assert answer.status == 200, where
        shoot(page, f"admin-{name}-fr")
        assert told in page.locator("body").inner_text(), where
        wrong += too_wide(page, (1280, 1440))
    assert wrong == []
