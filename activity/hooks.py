"""What the rooms above do inside the landing transaction. Kept apart from landing, which brings frames along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

# Called with the landing's cursor and `now`. They find what just got a bearer in the temporary table
# landed(activity_id, occurred_on, holder_id, membership_id, program_id, reason): one row per program, with the
# holder or the reason why there is none. Anonymous activity is not in it.
on_landed: list[Callable[[Any, datetime], None]] = []

# Called with the landing's cursor, the numbers of the purchases that lines were just taken back from, and `now`:
# a return landed, or one that waited found its purchase.
on_returned: list[Callable[[Any, list[int], datetime], None]] = []

# Called with the cursor, (holder_id, activity_id, occurred_on) of activity that is somebody else's from now on, and
# `now`; what it gave its holder is to be taken back.
on_left: list[Callable[[Any, list[tuple[int, int, date]], datetime], None]] = []
