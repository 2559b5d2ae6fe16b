"""Writing a changed card into Google Wallet: PATCH of the loyalty object, as the configured service account.

After Google's "Using OAuth 2.0 for server to server applications" and "loyaltyobject.patch".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings

from portal.passes import google
from portal.passes.content import Pass

SCOPE = "https://www.googleapis.com/auth/wallet_object.issuer"
TIMEOUT = 10.0
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class NotWritten(Exception):
    """Google could not be reached, or would not take it now: try again."""


def write(said: Pass, *, now: datetime) -> bool:
    """Bring the card up to date; False where Google knows none of that name. Raises NotWritten."""
    try:
        with httpx.Client(timeout=TIMEOUT) as client:
            headers = {"Authorization": f"Bearer {_access(client, now)}"}
            answer = client.patch(
                f"{settings.GOOGLE_WALLET_URL}/loyaltyObject/{google.object_id(said)}",
                json={key: value for key, value in google.object_of(said).items() if key != "classId"},
                headers=headers,
            )  # fmt: skip
    except (httpx.HTTPError, OSError, KeyError, TypeError, ValueError) as wrong:  # their answer, or the account's file
        raise NotWritten(f"{type(wrong).__name__}: {wrong}") from wrong
    if answer.status_code == 404:
        return False
    if answer.status_code != 200:
        raise NotWritten(f"{answer.status_code} {answer.text[:100]}")
    return True


def _access(client: httpx.Client, now: datetime) -> str:
    """A token of an hour, asked for with a signed statement of who we are."""
    account = google.account()
    claims: dict[str, Any] = {
        "iss": account["client_email"], "scope": SCOPE, "aud": settings.GOOGLE_TOKEN_URL,
        "iat": int(now.timestamp()), "exp": int((now + timedelta(hours=1)).timestamp()),
    }  # fmt: skip
    asked = {"grant_type": _GRANT, "assertion": google.signed(claims, account)}
    answer = client.post(settings.GOOGLE_TOKEN_URL, data=asked)
    answer.raise_for_status()
    return str(answer.json()["access_token"])
