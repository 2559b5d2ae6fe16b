"""Telling Apple's phones that a pass changed: an empty push over HTTP/2, with the pass type's own certificate.

After Apple's "Sending notification requests to APNs" and "Adding a web service to update passes": the push says
nothing; the phone then asks our web service (`portal.views.wallet`) what changed.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings

from portal.passes import apple

TIMEOUT = 10.0
_GONE = (410,)
_NO_SUCH = "BadDeviceToken"


class NotTold(Exception):
    """Apple could not be reached, or would not take it now: try again."""


@contextmanager
def connected() -> Iterator[httpx.Client | None]:
    """One connection for many pushes, as Apple asks; None where no pass type is configured. Raises NotTold where its
    certificate cannot be read."""
    if not apple.is_configured():
        yield None
        return
    folder = Path(settings.APPLE_WALLET_DIR)
    try:
        apple.pass_type()
        trusted = ssl.create_default_context(cafile=settings.APPLE_PUSH_CA or None)
        trusted.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    except (OSError, ValueError) as wrong:  # a file that is missing or none of a certificate
        raise NotTold(f"{type(wrong).__name__}: {wrong}") from wrong
    url = settings.APPLE_PUSH_URL
    with httpx.Client(base_url=url, http1=False, http2=True, verify=trusted, timeout=TIMEOUT) as client:
        yield client


def tell(push_tokens: Iterable[str], client: httpx.Client) -> list[str]:
    """Push to each; the tokens to which nothing listens any more. Raises NotTold, after those that could be told were.

    A phone may be told twice: it then finds that nothing changed.
    """
    gone, refused = [], []
    try:
        for token in push_tokens:
            answer = client.post(f"/3/device/{token}", content=b"{}", headers={"apns-topic": apple.pass_type()})
            if answer.status_code in _GONE or (answer.status_code == 400 and _NO_SUCH in answer.text):
                gone.append(token)
            elif answer.status_code != 200:
                refused.append(f"{answer.status_code} {answer.text[:100]}")
    except (httpx.HTTPError, OSError) as wrong:
        raise NotTold(f"{type(wrong).__name__}: {wrong}") from wrong
    if refused:
        raise NotTold(refused[0])
    return gone
