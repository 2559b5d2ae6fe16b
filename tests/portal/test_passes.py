"""Wallet passes, signed with certificates made here: what is in them, and that the signatures are good."""

import base64
import hashlib
import io
import json
import subprocess
import zipfile

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.core.exceptions import ImproperlyConfigured

from loyalty import environment
from members.models import Card
from portal.passes import apple
from tests.portal import wallets as wallets_of_tests
from tests.rewards import shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Files of a signer and of the authority that vouches for it, and the service account of the other wallet."""
    folder = tmp_path_factory.mktemp("wallets")
    return folder, wallets_of_tests.files(folder)


@pytest.fixture
def wallets(made, settings):
    folder, public = made
    settings.APPLE_WALLET_DIR = str(folder)
    settings.GOOGLE_WALLET_ISSUER, settings.GOOGLE_WALLET_ACCOUNT = "3388", str(folder / "account.json")
    return folder, public


def test_where_nothing_is_configured_nothing_is_offered(camille):
    client = camille.client()
    assert "Wallet of my phone" not in client.get("/demo/cards/").content.decode()
    assert client.get("/demo/cards/pass/").status_code == client.get("/demo/cards/pass/apple/").status_code == 404
    assert client.post("/demo/cards/pass/").status_code == 404
    assert Card.objects.count() == 1


def test_an_apple_pass_says_the_card_and_its_signature_is_good(camille, program, wallets, tmp_path):
    shop.Member(camille.membership.pk, camille.holder_id, program.pk).earn(340)
    client = camille.client("fr")
    assert client.get("/demo/cards/pass/apple/").status_code == 404  # no card was asked for yet
    client.post("/demo/cards/pass/")
    client.post("/demo/cards/pass/")  # asked twice: one card
    card = Card.objects.get(kind="pass")
    answer = client.get("/demo/cards/pass/apple/")
    assert answer["Content-Type"] == "application/vnd.apple.pkpass"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    files = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(files["pass.json"])
    assert (said["passTypeIdentifier"], said["teamIdentifier"]) == ("pass.com.example.club", "TEAM123456")
    assert {code["format"]: code["message"] for code in said["barcodes"]} == {
        "PKBarcodeFormatQR": card.number, "PKBarcodeFormatCode128": card.number,
    }  # fmt: skip
    assert said["storeCard"]["primaryFields"][0]["value"] == "340"
    assert said["backgroundColor"] == "rgb(7, 48, 61)"
    digests = json.loads(files["manifest.json"])
    assert digests == {
        name: hashlib.sha1(content).hexdigest() for name, content in files.items()
        if name not in ("manifest.json", "signature")
    }  # fmt: skip
    assert {"icon.png", "icon@2x.png", "logo.png"} <= set(digests)
    assert verified(files["manifest.json"], files["signature"], wallets[0], tmp_path)
    assert not verified(files["manifest.json"] + b" ", files["signature"], wallets[0], tmp_path)


def verified(manifest, signature, folder, tmp_path):
    """As OpenSSL sees it: the content is what was signed, by the signer whom the authority vouches for."""
    (tmp_path / "manifest.json").write_bytes(manifest)
    (tmp_path / "signature").write_bytes(signature)
    command = (
        f"openssl smime -verify -binary -inform DER -in {tmp_path}/signature -content {tmp_path}/manifest.json"
        f" -CAfile {folder}/issuer.pem -purpose any -out /dev/null"
    )
    return subprocess.run(command.split(), capture_output=True, timeout=30, check=False).returncode == 0


def test_a_google_link_carries_the_card_and_its_token_is_signed(camille, program, wallets):
    client = camille.client()
    client.post("/demo/cards/pass/")
    card = Card.objects.get(kind="pass")
    page = client.get("/demo/cards/pass/").content.decode()
    token = page.partition("https://pay.google.com/gp/v/save/")[2].partition('"')[0]
    header, claims, signature = token.split(".")
    unpacked = [json.loads(base64.urlsafe_b64decode(part + "===")) for part in (header, claims)]
    wallets[1].verify(
        base64.urlsafe_b64decode(signature + "==="), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    assert unpacked[0] == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert (unpacked[1]["iss"], unpacked[1]["aud"], unpacked[1]["typ"]) == (
        "wallet@example.com", "google", "savetowallet",
    )  # fmt: skip
    [kept] = unpacked[1]["payload"]["loyaltyObjects"]
    [of] = unpacked[1]["payload"]["loyaltyClasses"]
    assert (kept["classId"], kept["barcode"]["value"], of["hexBackgroundColor"]) == (of["id"], card.number, "#07303d")


def test_a_blocked_pass_is_given_out_no_more(camille, wallets, now):
    from members import cards

    client = camille.client()
    client.post("/demo/cards/pass/")
    cards.block(card=Card.objects.get(kind="pass"), reason="lost", now=now, by="t")
    assert client.get("/demo/cards/pass/apple/").status_code == 404
    assert apple.is_configured()


def test_what_is_configured_must_be_there(monkeypatch, made):
    monkeypatch.setenv("APPLE_WALLET_DIR", "/nowhere")
    with pytest.raises(ImproperlyConfigured, match="APPLE_WALLET_DIR"):
        environment.Environment()
    monkeypatch.setenv("APPLE_WALLET_DIR", str(made[0]))
    assert environment.Environment().apple_wallet_dir == str(made[0])
