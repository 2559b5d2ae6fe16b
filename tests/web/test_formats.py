from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from web.formats import Formats, card_number, locale_of
from web.templatetags.ui import language

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
SATURDAY = datetime(2026, 11, 21, 9, 42, tzinfo=UTC)


def formats(language: str, market: str, zone: ZoneInfo = PARIS) -> Formats:
    return Formats(locale_of(language, market), zone, date(2026, 11, 22), "EUR")


@pytest.mark.parametrize(
    ("language", "market", "expected"),
    [
        ("fr", "FR", ("1\u202f240", "8,60\u00a0€", "5\u00a0€", "−18", "samedi 21\u00a0novembre", "10\u00a0h\u00a042")),
        ("en", "US", ("1,240", "€8.60", "€5", "−18", "Saturday, November\u00a021", "10:42\u202fAM")),
        ("en", "FR", ("1\u202f240", "8,60\u00a0€", "5\u00a0€", "−18", "Saturday 21\u00a0November", "10:42")),
    ],
)
def test_values_are_written_as_the_market_writes_them_in_the_members_language(
    language: str, market: str, expected: tuple[str, ...]
) -> None:
    page = formats(language, market)
    written = (
        page.number(1240),
        page.money(860),
        page.money(500, short=True),
        page.signed(-18),
        page.weekday(SATURDAY),
        page.hour(SATURDAY),
    )
    assert tuple(text.replace(" ", " ") for text in written) == expected


def test_a_currency_without_decimals_has_none() -> None:
    assert formats("en", "US").money(500, "JPY") == "¥500"


def test_quantities_show_their_decimals_only_when_they_have_some() -> None:
    page = formats("fr", "FR")
    assert [page.quantity(2000), page.quantity(1250), page.quantity(10_000)] == ["2", "1,25", "10"]


def test_moments_are_shown_in_the_zone_of_the_market() -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert formats("fr", "FR").day(late) == "22\u00a0novembre"
    assert formats("en", "US", NEW_YORK).day(late) == "November\u00a021"


def test_the_year_is_said_when_it_is_another_one_and_left_out_where_it_cannot_be_mistaken() -> None:
    page = formats("fr", "FR")
    assert page.day(date(2025, 3, 12)) == "12\u00a0mars 2025"
    assert page.coming(date(2027, 1, 31)) == "31\u00a0janvier"
    assert page.coming(date(2027, 12, 31)) == "31\u00a0décembre 2027"


def test_an_unknown_pair_of_language_and_market_falls_back_to_the_language() -> None:
    assert str(locale_of("fr", "US")) == "fr"
    assert str(locale_of("tlh", "US")) == "en"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("20401288305512743", "2040 1288 3055 12743"),
        ("2040128830551274", "2040 1288 3055 1274"),
        ("2040128830552", "2040 1288 30552"),
        ("HH00001", "HH00001"),
    ],
)
def test_card_numbers_are_grouped_to_be_read_aloud(number: str, shown: str) -> None:
    assert card_number(number) == shown


def test_a_language_is_called_by_its_name_and_an_unknown_one_by_its_code() -> None:
    with override("fr"):
        assert [language(code) for code in ("fr", "de", "qq", "")] == ["Français", "Allemand", "qq", ""]
