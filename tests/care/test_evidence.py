"""What members send: kept when it is a picture or a document and nothing else; otherwise nothing is on disk."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from care import belonging, cases, evidence
from care.models import Case, CaseFile
from care.refusals import NotEvidence, NoWords, TooMany
from tests.care import papers
from tests.care.conftest import NOW
from tests.web.lives import member

pytestmark = pytest.mark.django_db


class Sent:
    """As a form hands it over, whose own cleaning of names is not trusted."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.content, self.size = name, content, len(content)

    def read(self) -> bytes:
        return self.content


def open_with(program: Any, *files: Sent, words: str = "My receipt is missing") -> Case:
    return cases.open(
        membership=member(program, NOW).membership, type="missing_points", channel="web", words=words, files=files,
        now=NOW, by="member:x",
    )  # fmt: skip


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != belonging.MARK]


@pytest.mark.parametrize(("name", "content"), papers.CORPUS, ids=[name for name, _ in papers.CORPUS])
def test_what_is_no_evidence_is_refused_in_words_and_leaves_nothing(
    program: Any, folder: Path, name: str, content: bytes
) -> None:
    good = Sent("good.jpg", papers.picture())
    with pytest.raises(NotEvidence) as refused:
        open_with(program, good, Sent(name, content))
    assert refused.value.told.endswith(".") and len(refused.value.told) > 20
    assert on_disk(folder) == []
    assert not Case.objects.exists()


def test_a_picture_is_drawn_anew_under_a_name_of_ours(program: Any, folder: Path) -> None:
    sent = [Sent("ma photo.JPG", papers.picture()), Sent("b.png", papers.picture("PNG")), Sent("c.pdf", papers.pdf())]
    open_with(program, *sent)
    rows = list(CaseFile.objects.order_by("pk"))
    assert [row.kind for row in rows] == ["jpeg", "png", "pdf"]
    assert {path.name for path in on_disk(folder)} == {row.name for row in rows}
    kept = evidence.read(rows[0])
    assert kept is not None and b"Made by somebody" in sent[0].content and b"Made by somebody" not in kept
    assert Image.open(io.BytesIO(kept)).size == (60, 90)
    assert oct(evidence.path_of(rows[0].name).stat().st_mode)[-3:] == "600"


def test_a_photo_in_which_letters_stand_by_chance_is_kept_without_them(program: Any) -> None:
    open_with(program, Sent("a.jpg", papers.picture() + b"\x91<sVg\x07" * 9))
    kept = evidence.read(CaseFile.objects.get())
    assert kept is not None and b"<sVg" not in kept


def test_a_file_that_was_changed_behind_our_back_is_not_served(program: Any) -> None:
    open_with(program, Sent("a.jpg", papers.picture()))
    row = CaseFile.objects.get()
    evidence.path_of(row.name).write_bytes(b"something else")
    assert evidence.read(row) is None
    evidence.remove(row, now=NOW)
    assert evidence.read(row) is None


def test_a_request_that_fails_later_leaves_no_file(program: Any, folder: Path, monkeypatch: Any) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise NoWords

    monkeypatch.setattr("care.telling.tell", fails)
    with pytest.raises(NoWords):
        open_with(program, Sent("a.jpg", papers.picture()))
    assert on_disk(folder) == []


def test_what_a_member_sends_twice_is_one_request_and_she_makes_ten_a_day(program: Any, folder: Path) -> None:
    life = member(program, NOW)
    who: Any = {"membership": life.membership, "type": "other", "channel": "web", "by": "member:x"}
    files = [Sent("a.jpg", papers.picture())]
    first = cases.open(words="Hello", files=files, now=NOW, **who)
    assert cases.open(words="Hello", files=files, now=NOW + timedelta(seconds=59), **who) == first
    assert (Case.objects.count(), len(on_disk(folder))) == (1, 1)
    for number in range(9):
        cases.open(words=f"{number}", now=NOW + timedelta(hours=1), **who)
    with pytest.raises(TooMany):
        cases.open(words="One more", now=NOW + timedelta(hours=23), **who)
    assert cases.open(words="Hello", now=NOW + timedelta(hours=24), **who) != first
    assert cases.open(words="One more", now=NOW, **{**who, "by": "user:0"}).opened_by == "user:0"


def test_six_files_are_too_many(program: Any, folder: Path) -> None:
    with pytest.raises(NotEvidence):
        open_with(program, *[Sent("a.jpg", papers.picture()) for _ in range(6)])
    assert on_disk(folder) == []
