from datetime import datetime
from typing import Any

import pytest

from tests.web.lives import Life, member


@pytest.fixture
def camille(program: Any, now: datetime) -> Life:
    """A member of the program "demo", with a login; her welcome waits in the outbox."""
    return member(program, now)


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind of message that needs consent."""
    from messaging import kinds

    monkeypatch.setitem(kinds._PURPOSES, "card_replaced", "marketing")
    return "card_replaced"
