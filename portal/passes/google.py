"""A pass for Google Wallet: a link that carries the card, signed as a JSON web token with RS256 (RFC 7515, 7518).

The token holds the program (class) and the card (object), so that nothing has to be registered by call beforehand.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from django.conf import settings

from portal.passes.content import Pass

SAVE = "https://pay.google.com/gp/v/save/"


def is_configured() -> bool:
    return bool(settings.GOOGLE_WALLET_ISSUER and settings.GOOGLE_WALLET_ACCOUNT)


def save_link(said: Pass, *, logo: str, now: datetime) -> str:
    """The address that offers to keep this card. `logo`: where Google fetches the picture. Only if `is_configured`."""
    account_ = account()
    claims = {
        "iss": account_["client_email"], "aud": "google", "typ": "savetowallet", "iat": int(now.timestamp()),
        "payload": {"loyaltyClasses": [_class_of(said, logo)], "loyaltyObjects": [object_of(said)]},
    }  # fmt: skip
    return SAVE + signed(claims, account_)


def signed(claims: dict[str, Any], account: dict[str, Any]) -> str:
    """The compact form of a token, signed with the service account's key."""
    header = {"alg": "RS256", "typ": "JWT", "kid": account["private_key_id"]}
    said = f"{_written(json.dumps(header).encode())}.{_written(json.dumps(claims).encode())}"
    key: Any = serialization.load_pem_private_key(account["private_key"].encode(), password=None)
    return f"{said}.{_written(key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _class_of(said: Pass, logo: str) -> dict[str, Any]:
    return {
        "id": class_id(said),
        "issuerName": said.brand,
        "programName": said.brand,
        "programLogo": {"sourceUri": {"uri": logo}},
        "hexBackgroundColor": said.look.card,
        "reviewStatus": "UNDER_REVIEW",
    }


def object_id(said: Pass) -> str:
    """How Google names this card."""
    return f"{settings.GOOGLE_WALLET_ISSUER}.{said.serial}"


def class_id(said: Pass) -> str:
    """How Google names cards that look like this one: those of the program, or of a banner with its own colours."""
    banner = f".{said.look.theme}" if said.look.theme.startswith("banner-") else ""
    return f"{settings.GOOGLE_WALLET_ISSUER}.{said.program_code}{banner}"


def account() -> dict[str, Any]:
    """The service account that was configured."""
    return _account(settings.GOOGLE_WALLET_ACCOUNT)


def object_of(said: Pass) -> dict[str, Any]:
    """The card as Google keeps it."""
    points = [
        {"label": figure.label, "balance": {"string": figure.value}} for figure in said.figures[:2]
    ]  # fmt: skip
    return {
        "id": object_id(said),
        "classId": class_id(said),
        "state": "INACTIVE" if said.voided else "ACTIVE",
        "accountId": said.number,
        "accountName": said.holder or said.brand,
        "barcode": {"type": "QR_CODE", "value": said.number, "alternateText": said.number},
        **dict(zip(("loyaltyPoints", "secondaryLoyaltyPoints"), points, strict=False)),
        "textModulesData": [{"id": "note", "body": said.note}, {"id": "as_of", "body": said.as_of}],
    }


@lru_cache(maxsize=4)
def _account(path: str) -> dict[str, Any]:
    """The service account's file, as Google gives it."""
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
