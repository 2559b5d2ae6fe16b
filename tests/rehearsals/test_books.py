"""Every book of this folder passes: one per case of the scenarios, one per setting and policy."""

from pathlib import Path

import pytest

from playbooks.rehearsals import reading, running, scratch
from playbooks.rehearsals.outcome import Outcome

BOOKS = sorted((Path(__file__).parent / "books").glob("*.yaml"))


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    """One scratch database for all of them, as a run of the command has."""
    with django_db_blocker.unblock(), scratch.opened():
        yield


@pytest.mark.parametrize("book", [pytest.param(book, id=book.stem) for book in BOOKS])
def test_the_book_passes(stage, book):
    read = reading.read_path(book)
    outcome = running.play(read, Outcome(book.name, read.name))
    assert outcome.lines, "a book expects something"
    assert outcome.good, "\n".join(outcome.sentences())
