"""A member with requests, evidence, opinions and an adjustment that waits, for tests of screens.

Import as `from tests.care import past`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from care import adjustments, cases, opinions
from care.models import Case
from identity.models import User
from programs import queries as programs
from tests.care import papers
from tests.web.lives import Life


@dataclass(frozen=True)
class Past:
    case: int
    solved: int
    opinion: int
    approval: int
    receipt: int

    @property
    def of_the_member(self) -> list[str]:
        """Her pages about it."""
        return [
            "/demo/me/requests/", f"/demo/me/requests/{self.case}/", "/demo/me/requests/new/",
            f"/demo/activity/{self.receipt}/opinion/",
        ]  # fmt: skip

    @property
    def link(self) -> str:
        membership = Case.objects.values_list("membership_id", flat=True).get(pk=self.case)
        return opinions.link_of(membership, self.receipt)

    def of_the_desk(self, public_id: str) -> list[str]:
        """The desk's."""
        there = f"/desk/members/{public_id}/"
        return [
            "/desk/cases/", f"/desk/cases/{self.case}/", f"/desk/cases/{self.case}/outcome/",
            f"/desk/cases/{self.case}/outcome/?kind=land", "/desk/approvals/", f"/desk/approvals/{self.approval}/",
            "/desk/opinions/", f"/desk/opinions/{self.opinion}/", f"{there}case/", f"{there}adjust/",
            f"{there}opinion/",
        ]  # fmt: skip


def live(life: Life, receipt: int, asker: User, now: datetime) -> Past:
    """What she asked for and said in the last weeks. `asker` is staff; another person is to approve."""
    by, agent = f"member:{life.membership.public_id}", f"user:{asker.pk}"
    case = _open(life, "missing_points", "Deux sécateurs, un seul compté.", now - timedelta(days=9), by, f"T{receipt}")
    cases.note(case_id=case, words="La caisse 4 était hors ligne ce jour-là.", now=now - timedelta(days=8), by=agent)
    cases.message(
        case_id=case, words="Avez-vous une photo du ticket entier ?", asks=True, now=now - timedelta(days=8), by=agent
    )
    photo = SimpleUploadedFile("ticket.jpg", papers.picture(size=(600, 900)), content_type="image/jpeg")
    cases.reply(case_id=case, words="La voici.", files=[photo], now=now - timedelta(days=7), by=by)
    cases.hand_to(case_id=case, owner=asker, now=now - timedelta(days=7), by=agent)
    solved = _open(life, "other", "Mon prénom est mal écrit.", now - timedelta(days=30), by, "")
    cases.solve(
        case_id=solved, words="C’est corrigé.", outcome="answer", now=now - timedelta(days=29), by=agent, data={}
    )
    said = opinions.give(
        membership=life.membership, rating=4, words="Vingt minutes d’attente à la caisse.", channel="web",
        activity_id=receipt, now=now - timedelta(hours=2), by=by,
    )  # fmt: skip
    currency: Any = programs.currencies_of(life.program.pk)[0]
    asked = adjustments.ask(
        membership=life.membership, currency=currency, amount=900_000, reason="goodwill", words="Panne du 3 novembre",
        key=uuid.uuid4(), user=asker, now=now - timedelta(hours=1),
    )  # fmt: skip
    return Past(case, solved, said.pk, asked.pk, receipt)


def _open(life: Life, type: str, words: str, now: datetime, by: str, receipt: str) -> int:
    case = cases.open(
        membership=life.membership, type=type, channel="web", words=words, receipt=receipt, now=now, by=by
    )  # fmt: skip
    return case.pk
