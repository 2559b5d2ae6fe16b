"""A pass for Apple Wallet: pass.json and pictures, a manifest of their digests, and a detached signature of that.

After Apple's "Building a Pass": the manifest holds SHA-1 digests because the format says so; what vouches for it is the
PKCS #7 signature (SHA-256) made with the program's Pass Type ID certificate, with Apple's own certificate beside it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from django.conf import settings

from members import wallets
from portal.passes.content import Pass
from web import icons

CONTENT_TYPE = "application/vnd.apple.pkpass"
PICTURES = {
    "icon.png": "pass-29", "icon@2x.png": "pass-58", "icon@3x.png": "pass-87",
    "logo.png": "logo-50", "logo@2x.png": "logo-100", "logo@3x.png": "logo-150",
}  # fmt: skip


def is_configured() -> bool:
    return bool(settings.APPLE_WALLET_DIR)


def pass_type() -> str:
    """The pass type the certificate is for. Only where `is_configured`."""
    return _named(_signer(settings.APPLE_WALLET_DIR)[0], NameOID.USER_ID)


def pkpass(said: Pass) -> bytes:
    """The whole .pkpass file, signed. Only where `is_configured`."""
    files = {"pass.json": json.dumps(document(said), ensure_ascii=False).encode()}
    for name, picture in PICTURES.items():
        files[name] = icons.content(said.look, picture)
    digests = {name: hashlib.sha1(content, usedforsecurity=False).hexdigest() for name, content in files.items()}
    files["manifest.json"] = json.dumps(digests).encode()
    files["signature"] = signature(files["manifest.json"])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def document(said: Pass) -> dict[str, Any]:
    """pass.json: a store card in the banner's colours, with QR and Code 128."""
    certificate, _key, _issuer = _signer(settings.APPLE_WALLET_DIR)
    first, others = said.figures[:1], said.figures[1:]
    barcodes = [
        {"format": form, "message": said.number, "messageEncoding": "iso-8859-1", "altText": said.number}
        for form in ("PKBarcodeFormatQR", "PKBarcodeFormatCode128")
    ]
    return {
        "formatVersion": 1,
        "passTypeIdentifier": _named(certificate, NameOID.USER_ID),
        "teamIdentifier": _named(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME),
        "serialNumber": said.serial,
        "organizationName": said.brand,
        "description": said.brand,
        "logoText": said.brand,
        "foregroundColor": _rgb(said.look.ink),
        "labelColor": _rgb(said.look.line),
        "backgroundColor": _rgb(said.look.card),
        "sharingProhibited": True,
        **({"voided": True} if said.voided else {}),
        **_updates(said),
        "storeCard": {
            "headerFields": [_field("tier", "", said.tier)] if said.tier else [],
            "primaryFields": [_field("first", figure.label, figure.value) for figure in first],
            "secondaryFields": [
                *(_field(f"pot{place}", figure.label, figure.value) for place, figure in enumerate(others)),
                *([_field("holder", "", said.holder)] if said.holder else []),
            ],
            "backFields": [_field("note", "", said.note), _field("as_of", "", said.as_of)],
        },
        "barcodes": barcodes,
    }


def _updates(said: Pass) -> dict[str, str]:
    """Where a phone asks for changes, and its proof. Apple asks only over HTTPS."""
    if not said.service.startswith("https://"):
        return {}
    return {"webServiceURL": said.service, "authenticationToken": wallets.token_of(said.serial)}


def signature(manifest: bytes) -> bytes:
    """The detached PKCS #7 signature of a manifest, in DER."""
    certificate, key, issuer = _signer(settings.APPLE_WALLET_DIR)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(manifest).add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.add_certificate(issuer).sign(serialization.Encoding.DER, options)


@lru_cache(maxsize=4)
def _signer(folder: str) -> tuple[x509.Certificate, Any, x509.Certificate]:
    """What signs, read once: the pass type's certificate and key, and the certificate of who vouches for it."""
    certificate, key, issuer = (
        (Path(folder) / name).read_bytes() for name in ("certificate.pem", "key.pem", "issuer.pem")
    )
    return (
        x509.load_pem_x509_certificate(certificate),
        serialization.load_pem_private_key(key, password=None),
        x509.load_pem_x509_certificate(issuer),
    )


def _named(certificate: x509.Certificate, kind: x509.ObjectIdentifier) -> str:
    """A part of the certificate's name: Apple writes the pass type and the team there."""
    return next((str(part.value) for part in certificate.subject.get_attributes_for_oid(kind)), "")


def _field(key: str, label: str, value: str) -> dict[str, str]:
    return {"key": key, "label": label, "value": value}


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"
