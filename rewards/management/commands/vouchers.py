"""`manage.py vouchers`: under which keys the vouchers in hand were given, before one is taken away."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import clock
from rewards import vouchers


class Command(BaseCommand):
    """Exits 1 when there are vouchers whose code can be neither shown nor found."""

    help = "count vouchers in hand by the key their codes follow from"

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a key, the present one first."""
        counts = vouchers.keys_of_living(clock.now())
        gone = counts.pop(None, 0)
        for place in sorted({0, *(number for number in counts if number is not None)}):
            name = "the present key" if place == 0 else f"key {place} of the earlier ones"
            self.stdout.write(f"{counts[place]} in hand under {name}")
        if gone:
            raise CommandError(f"{gone} in hand under a key that is nowhere any more", returncode=1)
