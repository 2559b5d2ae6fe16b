"""Who may do what in the admin. This floor knows no roles: a room that does registers its judge when it is ready."""

from collections.abc import Callable
from typing import Any

Judge = Callable[[Any, str], bool]


def _staff(user: Any, action: str) -> bool:
    return bool(user.is_active and user.is_staff)


_judge: Judge = _staff


def decide_with(judge: Judge) -> None:
    """Ask `judge(user, action)` from now on; only for people who may open the admin at all."""
    global _judge
    _judge = judge


def may(user: Any, action: str) -> bool:
    """Whether the user may do `action`, such as "programs.edit", somewhere."""
    return _staff(user, action) and _judge(user, action)
