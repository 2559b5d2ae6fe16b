"""Owing and delivering: once for each key, to whoever wants it at that moment."""

import re
import smtplib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connections, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from members import consents, hooks
from members.consents import Answer
from messaging import claiming, delivery, forgetting, kinds, letters, outbox
from messaging.models import Outgoing
from programs import themes
from tests.web.lives import Life

pytestmark = pytest.mark.django_db


def owe(life: Life, now: datetime, kind: str = "card_blocked", key: str = "k", **values: Any) -> bool:
    return outbox.owe(membership_id=life.membership.pk, kind=kind, values=values, now=now, key=key)


def deliver(now: datetime) -> int:
    return delivery.deliver_due(clock=lambda: now)


def agree(life: Life, now: datetime, yes: bool = True) -> None:
    consents.record(
        member_id=life.membership.member_id, answers=[Answer("marketing", "email", yes, "t-1")], source="web", now=now,
        by="t",
    )  # fmt: skip


def test_who_joins_is_welcomed_once_in_her_language(camille: Life, now: datetime) -> None:
    assert deliver(now) == 1 and deliver(now) == 0
    [letter] = mail.outbox
    assert letter.to == ["camille@example.com"]
    assert letter.subject == "Bienvenue chez Club démo"
    assert "Bonjour Camille," in letter.body and "http://localhost:8000/demo/" in letter.body
    html = letter.alternatives[0][0]
    assert '<a class="go" href="http://localhost:8000/demo/">Voir ma carte</a>' in html
    assert "List-Unsubscribe" not in letter.extra_headers
    row = Outgoing.objects.get()
    assert (row.state, row.attempts, row.kind) == ("sent", 1, "welcome")
    assert letter.extra_headers["Message-ID"] == f"<{row.uid}@localhost>"


def test_members_of_other_systems_are_not_welcomed(program: Any, now: datetime) -> None:
    from members import enrolment

    enrolment.enrol(program=program, channel="replication", now=now, by="t", email="a@example.com")
    assert not Outgoing.objects.exists()


def test_a_key_is_owed_once_and_an_undone_act_owes_nothing(camille: Life, now: datetime) -> None:
    assert owe(camille, now) is True
    assert owe(camille, now) is False
    with pytest.raises(RuntimeError), transaction.atomic():
        owe(camille, now, key="other")
        raise RuntimeError
    assert Outgoing.objects.filter(kind="card_blocked").count() == 1


def test_a_kind_without_words_is_refused(camille: Life, now: datetime) -> None:
    with pytest.raises(kinds.UnknownKind):
        owe(camille, now, kind="nonsense")


def test_the_address_is_read_at_delivery(camille: Life, now: datetime) -> None:
    member = camille.membership.member
    member.email = "new@example.com"
    member.save()
    deliver(now)
    assert mail.outbox[0].to == ["new@example.com"]
    member.email = ""
    member.save()
    owe(camille, now)
    deliver(now)
    assert Outgoing.objects.get(kind="card_blocked").state == "dropped"


def test_an_address_without_a_membership_is_forgotten_afterwards(program: Any, now: datetime) -> None:
    outbox.owe_address(
        address="x@example.com", language="fr", kind="new_device", values={"device": "Firefox", "path": "/me/"},
        now=now, key="h", program_id=program.pk,
    )  # fmt: skip
    deliver(now)
    [letter] = mail.outbox
    assert letter.subject == "Un nouvel appareil s’est connecté"
    assert "http://localhost:8000/demo/me/" in letter.body
    assert Outgoing.objects.get().address == ""


def test_a_server_that_does_not_answer_is_asked_again_later_and_later(
    camille: Life, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", away)
    at, waits = now, []
    for _ in range(len(claiming.WAITS) + 1):
        deliver(at)
        row = Outgoing.objects.get()
        waits.append(row.due_at - at)
        at = max(row.due_at, at)
    assert waits[:-1] == claiming.WAITS
    assert (row.state, row.attempts, row.error) == ("failed", len(claiming.WAITS) + 1, "ConnectionRefusedError")


def test_a_server_that_is_down_is_written_down_and_asked_only_when_something_is_due(
    camille: Life, now: datetime, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert deliver(now) == 1
    row = Outgoing.objects.get()
    assert (row.state, row.attempts, row.error) == ("waiting", 1, "ConnectionRefusedError")
    assert deliver(now) == 0  # nothing is due: nobody is called


def test_a_mailbox_that_does_not_exist_fails_at_once_and_the_table_names_nobody(
    camille: Life, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({"camille@example.com": (550, b"no camille@example.com here")})

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", refuse)
    deliver(now)
    row = Outgoing.objects.get()
    assert (row.state, row.error) == ("failed", "SMTPRecipientsRefused 550")


def test_a_killed_worker_is_followed_by_another_with_the_same_message_id(camille: Life, now: datetime) -> None:
    first = claiming.claim(now=now)
    assert first and claiming.claim(now=now) is None  # leased
    later = now + claiming.LEASE
    deliver(later)
    assert Outgoing.objects.get().state == "sent"
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{first.message.uid}@localhost>"
    assert claiming.ended(first, state="failed", now=later) is False  # it comes back too late
    assert Outgoing.objects.get().state == "sent"


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_one_message(camille: Life, now: datetime) -> None:
    import threading

    for number in range(6):
        owe(camille, now, key=str(number))
    held: list[int] = []
    ready = threading.Barrier(3)

    def work() -> None:
        ready.wait()
        while (claimed := claiming.claim(now=now)) is not None:
            held.append(claimed.message.pk)
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(held) == sorted(Outgoing.objects.values_list("pk", flat=True))


def test_no_consent_no_offer(camille: Life, now: datetime, offers: str) -> None:
    owe(camille, now, offers)
    deliver(now)
    row = Outgoing.objects.get(kind=offers)
    assert (row.state, row.error) == ("dropped", "no consent")


def test_whoever_left_gets_no_offers_and_still_hears_of_her_account(camille: Life, now: datetime, offers: str) -> None:
    agree(camille, now)
    owe(camille, now, offers, key="o")
    owe(camille, now, "closed", key="c")
    camille.membership.status = "closed"
    camille.membership.save()
    deliver(now)
    assert Outgoing.objects.get(kind=offers).error == "the membership is closed"
    assert Outgoing.objects.get(kind="closed").state == "sent"


@settings(max_examples=25)  # of four kinds of steps: every pair of neighbours is among them many times
@given(steps=st.lists(st.sampled_from(["yes", "no", "owe", "deliver"]), min_size=4, max_size=14))
def test_nothing_goes_out_after_a_withdrawal(camille: Life, now: datetime, offers: str, steps: list[str]) -> None:
    with transaction.atomic():
        mail.outbox.clear()
        Outgoing.objects.filter(state="waiting").delete()
        agree(camille, now, False)
        agreed, at, owed, awaited = False, now, 0, 0
        for step in steps:
            at += timedelta(seconds=1)
            if step in ("yes", "no"):
                agreed = step == "yes"
                agree(camille, at, agreed)
            elif step == "owe":
                owe(camille, at, offers, key=f"{owed}")
                owed, awaited = owed + 1, awaited + 1
            else:
                before = len(mail.outbox)
                deliver(at)
                assert len(mail.outbox) - before == (awaited if agreed else 0)
                awaited = 0
        transaction.set_rollback(True)


def test_one_click_ends_it_and_what_waited(camille: Life, now: datetime, offers: str, client: Any) -> None:
    agree(camille, now)
    owe(camille, now, offers, key="1")
    deliver(now)
    letter = next(one for one in mail.outbox if "List-Unsubscribe" in one.extra_headers)
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [address] = re.findall(
        r"<http://localhost:8000(/demo/unsubscribe/[^>]+)>", letter.extra_headers["List-Unsubscribe"]
    )
    assert address in letter.body
    owe(camille, now, offers, key="2")
    assert client.get(address).status_code == 200
    assert consents.granted(camille.membership.member_id, "marketing", "email")  # looking ends nothing
    from django.test import Client

    stranger = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = stranger.post(address, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    answers = [row for row in consents.latest(camille.membership.member_id) if row.channel == "email"]
    assert [(row.granted, row.source, row.wording) for row in answers] == [(False, "unsubscribe", "unsubscribe-1")]
    assert camille.membership.member.consents.filter(granted=False).count() == 1
    deliver(now)
    assert Outgoing.objects.get(key="2").state == "dropped"
    assert client.get(address[:-3] + "xx/").status_code == 404


def test_the_colours_of_letters_are_the_themes_own() -> None:
    from pathlib import Path

    from django.conf import settings

    css = (Path(settings.BASE_DIR) / "web/static/web/theme.css").read_text()
    for theme, colour in themes.HOUSE.items():
        block = css.split(f'[data-banner="{theme}"]', 1)[1].split("}", 1)[0]
        assert f"--brand: light-dark({colour}," in block


def test_a_letter_wears_the_colours_of_its_member_s_banner(program: Any) -> None:
    banner = program.banners.order_by("code").first()
    banner.look = {"brand": "#ffcc00"}
    banner.save()
    program.banners.add(type(banner).objects.create(code="another"))  # shared: the program's own letters stay its own
    shared, kind = type(program).objects.get(pk=program.pk), kinds.kind_of("welcome")
    hers = letters.write(kind, "fr", shared, {"name": "Camille", "number": "1"}, banner_id=banner.pk)
    anybody_s = letters.write(kind, "fr", shared, {"name": "Camille", "number": "1"})
    assert "#6e5200" in hers.html and "#6e5200" not in anybody_s.html  # what can be read of #ffcc00 on white


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_kind_speaks_both_languages(language: str, program: Any) -> None:
    from pathlib import Path

    from django.conf import settings

    told = {"link": "http://x/", "what": "email", "number": "12", "words": "Words <b>", "inviter": "Inès", "code": "1"}
    for path in sorted((Path(settings.BASE_DIR) / "templates/messaging").glob("*.subject")):
        letter = letters.write(kinds.kind_of(path.stem), language, program, told)
        assert letter.subject and "\n" not in letter.subject and letter.text, path
        assert "<b>" not in letter.html


def test_erasing_takes_words_and_addresses(camille: Life, now: datetime) -> None:
    owe(camille, now, "case_update", number="1", words="secret")
    assert forgetting.forget(membership_ids=[camille.membership.pk], now=now) == 2
    assert all(row.facts == {} and row.state == "dropped" for row in Outgoing.objects.all())


def test_what_happened_is_told_once_a_moment(camille: Life, now: datetime) -> None:
    for _ in range(2):
        hooks.tell("card_blocked", membership_id=camille.membership.pk, now=now, by="t", ending="1274")
    hooks.tell("something_else", membership_id=camille.membership.pk, now=now, by="t")
    assert Outgoing.objects.exclude(kind="welcome").count() == 1
