"""A program of one run's own: a banner, the French market and one store, all of the same code."""

from __future__ import annotations

from typing import Any


def make(code: str) -> Any:
    """The programs.models.Program, in a population of its own."""
    from programs.models import Banner, Market, Population, Program, Store

    program = Program.objects.create(code=code, population=Population.objects.create(code=code))
    banner = Banner.objects.create(code=code)
    program.banners.add(banner)
    Market.objects.create(program=program, code="FR", currency="EUR", languages=["fr"], timezone="Europe/Paris")
    Store.objects.create(banner=banner, code=code, market_code="FR")
    return program
