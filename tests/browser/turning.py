"""Waiting for the next page.

A click returns when it was made, not when the server answered it: whatever reads the database or the page right after
would sometimes read what was there before. `turned` waits for the new document. Run the stories with
BROWSER_LATENCY_MS=700 to see which of them do not wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def turned(page: Any, act: Callable[[], Any]) -> None:
    """Do what leads to another page, and wait until that one is there, drawn and with its scripts run."""
    with page.expect_navigation():
        act()


def slowed(page: Any, latency_ms: int) -> Any:
    """The page, with so many milliseconds before each answer of the server."""
    conditions = {"offline": False, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)
    return page
