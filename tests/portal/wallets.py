"""Wallets as these tests stand in for them: certificates made here, and a push service that speaks HTTP/2 over TLS.

The fake does what Apple's does on the wire (ALPN h2, a client certificate asked for, one status a token); that the real
one takes our certificate cannot be tried here. Import as `from tests.portal import wallets`.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

PEM = serialization.Encoding.PEM
APPLES = [
    x509.NameAttribute(NameOID.USER_ID, "pass.com.example.club"),
    x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "TEAM123456"),
]


def written(key: Any) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def certificate(name: str, key: Any, issuer_name: str, issuer_key: Any) -> x509.Certificate:
    started = datetime.now(UTC) - timedelta(days=1)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one), *APPLES]) for one in (name, issuer_name)]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(started)
    builder = builder.not_valid_after(started + timedelta(days=30))
    builder = builder.add_extension(x509.BasicConstraints(ca=name == issuer_name, path_length=None), critical=True)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    return builder.add_extension(here, critical=False).sign(issuer_key, hashes.SHA256())


def files(folder: Path) -> Any:
    """Those of a signer, of the authority that vouches for it and of the other wallet's account; the public key."""
    authority, signer = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    made = {
        "issuer.pem": certificate("Authority", authority, "Authority", authority).public_bytes(PEM),
        "certificate.pem": certificate("Pass Type ID", signer, "Authority", authority).public_bytes(PEM),
        "key.pem": written(signer),
        "account.json": json.dumps({
            "client_email": "wallet@example.com", "private_key_id": "k1", "private_key": written(signer).decode(),
        }).encode(),
    }  # fmt: skip
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return signer.public_key()


@dataclass
class Pushes:
    """A push service: `seen` what was asked of it (token, topic, body), `answers` a status other than 200 by token."""

    folder: Path
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    certified: list[bool] = field(default_factory=list)

    def __enter__(self) -> Pushes:
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.folder / "issuer.pem")
        self.tls.verify_mode = ssl.CERT_REQUIRED
        self.tls.load_cert_chain(self.folder / "certificate.pem", self.folder / "key.pem")
        self.tls.set_alpn_protocols(["h2"])
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.close()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self.listening.accept()
            except OSError:
                return
            try:
                with self.tls.wrap_socket(accepted, server_side=True) as talking:
                    self._talk(talking)
            except OSError:
                accepted.close()

    def _talk(self, plain: ssl.SSLSocket) -> None:
        self.certified.append(bool(plain.getpeercert()))
        spoken = H2Connection(H2Configuration(client_side=False))
        spoken.initiate_connection()
        plain.sendall(spoken.data_to_send())
        asked: dict[int, tuple[dict[str, str], bytearray]] = {}
        while received := plain.recv(65_536):
            for event in spoken.receive_data(received):
                if isinstance(event, RequestReceived):
                    heads = {_text(name): _text(value) for name, value in event.headers}
                    asked[event.stream_id] = (heads, bytearray())
                elif isinstance(event, DataReceived):
                    asked[event.stream_id][1].extend(event.data)
                elif isinstance(event, StreamEnded):
                    self._answer(spoken, event.stream_id, *asked[event.stream_id])
            plain.sendall(spoken.data_to_send())

    def _answer(self, spoken: H2Connection, stream: int, heads: dict[str, str], body: bytearray) -> None:
        token = heads[":path"].removeprefix("/3/device/")
        self.seen.append((token, heads.get("apns-topic", ""), bytes(body)))
        status = self.answers.get(token, 200)
        spoken.send_headers(stream, [(":status", str(status))], end_stream=True)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
