from datetime import datetime
from typing import Any

import pytest

from tests.web.lives import Life, member


@pytest.fixture
def camille(program: Any, now: datetime) -> Life:
    """A member of the program "demo" with a login."""
    return member(program, now)
