"""Passes that follow the balance: phones register, are told, and fetch what is new; Google's card is patched."""

import io
import json
import zipfile
from datetime import timedelta

import httpx
import pytest
from django.test import Client

from audit import clock
from care.privacy import erasing
from members import cards, wallets
from members.models import Card, WalletDevice, WalletPass
from portal import tasks
from portal.passes import apns, google_api, pushing
from portal.views import wallet
from tests.portal import wallets as stand_in
from tests.rewards import shop

pytestmark = pytest.mark.django_db
TYPE = "pass.com.example.club"
PHONE = "phone-1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("wallets")
    stand_in.files(made)
    return made


@pytest.fixture
def pushes(folder, settings):
    with stand_in.Pushes(folder) as listening:
        settings.APPLE_WALLET_DIR, settings.APPLE_PUSH_CA = str(folder), str(folder / "issuer.pem")
        settings.APPLE_PUSH_URL, settings.PUBLIC_URL = listening.url, "https://club.example.com"
        yield listening


@pytest.fixture
def now():
    """The doors of phones read the real clock."""
    return clock.now()


@pytest.fixture
def purse(camille, program):
    return shop.Member(camille.membership.pk, camille.holder_id, program.pk)


class Phone:
    """An iPhone with the card in its wallet: `said` is pass.json as it was fetched last."""

    def __init__(self, camille, device=PHONE):
        browser = camille.client()
        browser.post("/demo/cards/pass/")
        self.card = Card.objects.get(kind="pass")
        self.device, self.client, self.tag, self.fetched = device, Client(), "", ""
        self.said = self._read(browser.get("/demo/cards/pass/apple/").content)

    @property
    def serial(self):
        return self.said["serialNumber"]

    def heads(self):
        return {"authorization": f"ApplePass {self.said['authenticationToken']}"}

    def register(self, token="ab12", **heads):
        address = f"/demo/wallet/v1/devices/{self.device}/registrations/{TYPE}/{self.serial}"
        body = json.dumps({"pushToken": token})
        return self.client.post(address, body, content_type="application/json", headers=heads or self.heads())

    def unregister(self):
        address = f"/demo/wallet/v1/devices/{self.device}/registrations/{TYPE}/{self.serial}"
        return self.client.delete(address, headers=self.heads())

    def changed(self):
        said = f"?passesUpdatedSince={self.tag}" if self.tag else ""
        answer = self.client.get(f"/demo/wallet/v1/devices/{self.device}/registrations/{TYPE}{said}")
        if answer.status_code == 200:
            self.tag = answer.json()["lastUpdated"]
            return answer.json()["serialNumbers"]
        return answer.status_code

    def fetch(self):
        since = {"if-modified-since": self.fetched} if self.fetched else {}
        answer = self.client.get(f"/demo/wallet/v1/passes/{TYPE}/{self.serial}", headers=self.heads() | since)
        if answer.status_code == 200:
            self.fetched, self.said = answer["Last-Modified"], self._read(answer.content)
        return answer.status_code

    def _read(self, content):
        return json.loads(zipfile.ZipFile(io.BytesIO(content)).read("pass.json"))

    @property
    def points(self):
        return self.said["storeCard"]["primaryFields"][0]["value"]


def sweep(now):
    changed = pushing.look(now=now)
    return changed, pushing.push(now=lambda: now, until=now + timedelta(minutes=1))


def test_a_balance_that_moved_reaches_the_phone_once(camille, purse, pushes, now):
    purse.earn(340, now=now - timedelta(days=1))
    phone = Phone(camille)
    assert phone.said["webServiceURL"] == "https://club.example.com/demo/wallet"
    assert phone.register().status_code == 201 and phone.register().status_code == 200
    assert phone.changed() == [phone.serial] and phone.fetch() == 200 and phone.fetch() == 304
    first = sweep(now)  # nothing moved since it was fetched
    assert first == (0, 0) and pushes.seen == []
    purse.earn(60, now=now - timedelta(hours=1))
    assert sweep(now + timedelta(minutes=1)) == (1, 1)
    assert pushes.seen == [("ab12", TYPE, b"{}")] and pushes.certified == [True]
    assert phone.changed() == [phone.serial] and phone.fetch() == 200 and phone.points == "400"
    assert phone.changed() == 204 and phone.fetch() == 304
    assert sweep(now + timedelta(minutes=2)) == (0, 0) and len(pushes.seen) == 1


def test_many_pushes_share_one_connection(camille, purse, pushes, now):
    for number in range(3):
        Phone(camille, f"phone-{number}").register(f"ab{number}")
    purse.earn(10, now=now - timedelta(hours=1))
    assert sweep(now + timedelta(minutes=1)) == (1, 1)
    assert sorted(token for token, _, _ in pushes.seen) == ["ab0", "ab1", "ab2"] and pushes.certified == [True]


def test_a_wallet_is_told_at_most_once_in_its_pause(camille, purse, pushes, now):
    Phone(camille).register()
    times = []
    for minute in range(1, 13):
        purse.earn(10, now=now - timedelta(hours=1))
        sweep(now + timedelta(minutes=minute))
        times += [minute] * (len(pushes.seen) - len(times))
    assert times == [1, 6, 11]


def test_a_push_that_fails_is_tried_again_and_a_phone_that_is_gone_is_forgotten(camille, purse, pushes, now):
    Phone(camille).register("ab12")
    Phone(camille, "watch-1").register("cd34")
    purse.earn(10, now=now - timedelta(hours=1))
    pushes.answers = {"ab12": 410, "cd34": 503}
    assert sweep(now) == (1, 0)
    row = WalletPass.objects.get()
    assert (row.tries, row.due_at) == (1, now + timedelta(minutes=2)) and row.pushed_at is None
    pushes.answers = {"ab12": 410}
    assert sweep(now + timedelta(minutes=1)) == (0, 0)  # not before its time
    assert sweep(now + timedelta(minutes=2)) == (0, 1)
    assert list(WalletDevice.objects.values_list("push_token", flat=True)) == ["cd34"]
    assert WalletPass.objects.get().due_at is None


def test_it_is_given_up_after_eight_tries_until_the_pass_changes_anew(camille, purse, pushes, settings, now):
    Phone(camille).register()
    settings.APPLE_PUSH_URL = "https://127.0.0.1:9"
    purse.earn(10, now=now - timedelta(hours=1))
    pushing.look(now=now)
    for _ in range(9):
        due = WalletPass.objects.get().due_at
        if due is not None:
            sweep(due)
    assert (WalletPass.objects.get().tries, due) == (wallets.MOST_TRIES, None)
    purse.earn(10, now=now - timedelta(hours=1))
    assert pushing.look(now=now + timedelta(days=1)) == 1 and WalletPass.objects.get().tries == 0


def test_what_changes_while_it_is_told_is_told_again(camille, purse, pushes, now):
    Phone(camille).register()
    purse.earn(10, now=now - timedelta(hours=1))
    pushing.look(now=now)
    [due] = wallets.lease(now=now, limit=9)
    assert wallets.lease(now=now, limit=9) == []  # nobody else takes it meanwhile
    purse.earn(10, now=now - timedelta(hours=1))
    pushing.look(now=now + timedelta(seconds=5))
    wallets.pushed(due, now=now + timedelta(seconds=6))
    assert WalletPass.objects.get().due_at == now + timedelta(seconds=6) + wallets.PAUSE


def test_a_blocked_card_is_told_and_voided(camille, pushes, now):
    phone = Phone(camille)
    phone.register()
    phone.fetch()
    cards.block(card=phone.card, reason="lost", now=now, by="t")
    assert sweep(now + timedelta(minutes=6)) == (1, 1)
    assert phone.fetch() == 200 and phone.said["voided"] is True


def test_the_pass_of_who_left_is_voided(camille, pushes, now):
    from members import closing

    phone = Phone(camille)
    phone.register()
    phone.fetch()
    closing.close(membership_id=camille.membership.pk, reason="unused", now=now, by="t")
    assert sweep(now + timedelta(minutes=6)) == (1, 1)
    assert phone.fetch() == 200 and phone.said["voided"] is True


def test_the_phone_of_who_was_erased_is_told_before_it_is_forgotten(camille, pushes, now):
    phone = Phone(camille)
    phone.register()
    phone.fetch()
    erasing.erase_now(member_id=camille.membership.member_id, reason="asked", now=now, by="t")
    later = now + timedelta(minutes=6)
    assert sweep(later) == (1, 1) and pushes.seen == [("ab12", TYPE, b"{}")]
    assert wallets.forget_ended(now=later) == 0 and phone.changed() == [phone.serial], "it asks after the push"
    assert phone.fetch() == 200 and phone.said["voided"] is True and "Camille" not in json.dumps(phone.said)
    assert wallets.forget_ended(now=now + wallets.FAREWELL) == 1 and not WalletDevice.objects.exists()
    assert phone.register("ef56").status_code == 401 and not WalletDevice.objects.exists()
    assert sweep(now + wallets.FAREWELL + timedelta(days=1)) == (0, 0)


def test_who_has_no_token_learns_and_changes_nothing(camille, pushes, program):
    phone = Phone(camille)
    wrong = {"authorization": "ApplePass " + "0" * 40}
    there = f"/demo/wallet/v1/passes/{TYPE}/"
    assert phone.register(**wrong).status_code == 401 and WalletDevice.objects.count() == 0
    for serial in (phone.serial, "demo-999999", "other-1", "demo-x", f"demo-{camille.membership.cards.first().pk}"):
        assert phone.client.get(there + serial, headers=wrong).status_code == 401, serial
    plain = camille.membership.cards.exclude(kind="pass").get()  # no pass of a wallet, whatever proves itself for it
    said = {"authorization": f"ApplePass {wallets.token_of(f'demo-{plain.pk}')}"}
    assert phone.client.get(f"{there}demo-{plain.pk}", headers=said).status_code == 401
    other = f"/demo/wallet/v1/passes/pass.other/{phone.serial}"
    assert phone.client.get(other, headers=phone.heads()).status_code == 401
    assert phone.changed() == 204  # not registered
    phone.register()
    phone.unregister()
    assert WalletDevice.objects.count() == 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"pushToken": 1}', b'{"pushToken": "../x"}', b"\xff", b"[" * 9_000]
)
def test_a_body_that_says_no_token_is_refused(camille, pushes, body):
    phone = Phone(camille)
    address = f"/demo/wallet/v1/devices/{PHONE}/registrations/{TYPE}/{phone.serial}"
    answer = phone.client.post(address, body, content_type="application/json", headers=phone.heads())
    assert answer.status_code == 400 and not answer.cookies


def test_a_token_of_an_earlier_key_still_proves(camille, pushes, settings):
    phone = Phone(camille)
    settings.VOUCHER_KEY, settings.VOUCHER_KEY_FALLBACKS = "n" * 40, [settings.VOUCHER_KEY or settings.SECRET_KEY]
    assert phone.register().status_code == 201


def test_where_it_is_not_configured_there_is_no_service(client, program):
    assert client.get(f"/demo/wallet/v1/passes/{TYPE}/demo-1").status_code == 404
    assert client.get(f"/demo/wallet/v1/devices/x/registrations/{TYPE}").status_code == 404
    assert client.post("/demo/wallet/v1/log", b"{}", content_type="application/json").status_code == 404


def test_complaints_are_cleaned_and_counted_for_each_network(client, pushes, program, settings, monkeypatch):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"wallet_complains": "1/h/key"}
    told = []
    monkeypatch.setattr(wallet.log, "warning", lambda what, said: told.append(said))
    body = json.dumps({"logs": ["a\x1b[2J\nb\u2028", {"c": 1}, "x" * 999] + ["d"] * 99})
    there = [client.post("/demo/wallet/v1/log", body, content_type="application/json").status_code for _ in range(2)]
    assert there == [200, 429]
    assert told[:2] == ["a [2J b ", "{'c': 1}"] and len(told[2]) == 300 and len(told) == 10


@pytest.mark.parametrize("body", [b'{"logs": ["a", 1]}', b'{"logs": 1}', b"[]", b"{"])
def test_a_phone_may_complain_of_anything(client, pushes, program, body):
    assert client.post("/demo/wallet/v1/log", body, content_type="application/json").status_code == 200


def test_google_s_card_is_patched_and_one_that_was_never_kept_is_left(
    camille, purse, folder, settings, now, monkeypatch
):
    settings.GOOGLE_WALLET_ISSUER, settings.GOOGLE_WALLET_ACCOUNT = "3388", str(folder / "account.json")
    asked, answers = [], {"PATCH": 200}

    def answer(request):
        asked.append(request)
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t1"})
        return httpx.Response(answers["PATCH"], json={})

    real = httpx.Client
    monkeypatch.setattr(google_api.httpx, "Client", lambda **more: real(transport=httpx.MockTransport(answer), **more))
    browser = camille.client()
    browser.post("/demo/cards/pass/")
    browser.get("/demo/cards/pass/")  # the link is shown: it may be kept from now on
    assert sweep(now) == (0, 0)  # with what it says already: nothing is written before she has kept it
    purse.earn(340, now=now - timedelta(hours=1))
    assert sweep(now) == (1, 1)
    token, patch = asked
    assert b"assertion=" in token.content and patch.headers["authorization"] == "Bearer t1"
    card = Card.objects.get(kind="pass")
    assert str(patch.url) == f"{settings.GOOGLE_WALLET_URL}/loyaltyObject/3388.demo-{card.pk}"
    assert json.loads(patch.content)["loyaltyPoints"]["balance"]["string"] == "340"
    purse.earn(1, now=now - timedelta(hours=1))
    answers["PATCH"] = 500
    assert sweep(now + timedelta(minutes=10)) == (1, 0) and WalletPass.objects.get().tries == 1
    answers["PATCH"] = 404
    assert sweep(now + timedelta(minutes=20)) == (0, 1) and not WalletPass.objects.get().in_google


def test_a_certificate_that_cannot_be_read_keeps_nothing_from_google(
    camille, purse, pushes, settings, tmp_path, now, monkeypatch
):
    Phone(camille).register()
    WalletPass.objects.update(in_google=True)
    written = []
    monkeypatch.setattr(pushing.google, "is_configured", lambda: True)
    monkeypatch.setattr(google_api, "write", lambda said, now: bool(written.append(said)) or True)
    purse.earn(10, now=now - timedelta(hours=1))
    (tmp_path / "certificate.pem").write_text("none")
    settings.APPLE_WALLET_DIR = str(tmp_path)
    assert sweep(now) == (1, 0) and len(written) == 1
    assert WalletPass.objects.get().tries == 1, "Apple's phones are tried again"


def test_the_task_does_both(camille, purse, pushes, now):
    Phone(camille).register()
    purse.earn(10)
    tasks.wallets()
    assert [token for token, _, _ in pushes.seen] == ["ab12"]


def test_a_service_that_does_not_answer_is_told_by_name(pushes, settings):
    settings.APPLE_PUSH_URL = "https://127.0.0.1:9"
    with apns.connected() as phones, pytest.raises(apns.NotTold, match="ConnectError"):
        apns.tell(["ab12"], phones)
