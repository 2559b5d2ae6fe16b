from datetime import date

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from programs import lifetimes, terms, wording
from values import periods

TABLE = {"table": [{"earned_from": "01-01", "earned_to": "12-31", "dies_on": "03-01", "years_later": 1}]}


@pytest.mark.parametrize(
    ("kind", "document", "kept"),
    [
        (terms.Expiry, {"months": "12"}, {"months": 12}),
        (terms.Expiry, {"end_of": "year"}, {"end_of": "year", "plus_months": 0}),
        (terms.Expiry, "never", "never"),
        (terms.Expiry, TABLE, TABLE),
        (terms.Pending, {"days": 2}, {"days": 2}),
        (terms.Pending, {}, {"days": 0}),
        (terms.UnitValue, "0.010", "0.01"),
        (terms.UnitValue, {"FR": "0.01", "PL": 4}, {"FR": "0.01", "PL": "4"}),
        (terms.Release, {"minimum": 500}, {"minimum": 500, "multiple_of": 1}),
    ],
)
def test_terms_are_kept_as_json_keeps_them(kind, document, kept):
    assert terms.checked(kind, document) == kept


@pytest.mark.parametrize(
    ("kind", "document", "told"),
    [
        (terms.Expiry, {"month": 12}, "days: is required; month: unknown key"),
        (terms.Expiry, {"days": -1}, "days: must be between 0 and 36500"),
        (terms.Expiry, {"days": True}, "days: must be a whole number, such as 12"),
        (terms.Expiry, 12, "must be a mapping"),
        (terms.Expiry, "soon", "must be 'never'"),
        (terms.Expiry, {"table": []}, "table: must not be empty"),
        (
            terms.Expiry,
            {"table": [{**TABLE["table"][0], "dies_on": "02-29"}]},
            "table.0: 02-29 is not a day of every year",
        ),
        (terms.UnitValue, 0.01, "must be a plain number, such as 12 or 1.50"),
        (terms.UnitValue, {"F R": 1}, "F R: must be a market's code, such as FR"),
        (terms.Release, {"multiple_of": 0}, "multiple_of: must be between 1 and 1000000000000"),
    ],
)
def test_what_is_no_term_is_told_with_its_field(kind, document, told):
    with pytest.raises(terms.NoTerms) as refused:
        terms.checked(kind, document)
    assert str(refused.value) == told


def test_a_table_may_run_over_the_new_year():
    row = {"earned_from": "02-01", "earned_to": "01-31", "dies_on": "02-01", "years_later": 1}
    assert terms.checked(terms.Expiry, {"table": [row]}) == {"table": [row]}
    with pytest.raises(terms.NoTerms, match="before the last of them is earned"):
        terms.checked(terms.Expiry, {"table": [{**row, "dies_on": "01-31"}]})


MONTH_DAYS = st.dates().map(lambda day: f"{day:%m-%d}")
ROWS = st.builds(
    lambda first, last, dies, years: {
        "earned_from": first, "earned_to": last, "dies_on": dies, "years_later": years
    },
    MONTH_DAYS, MONTH_DAYS, MONTH_DAYS, st.integers(0, 3),
)  # fmt: skip


@given(ROWS, st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_a_table_that_is_taken_lets_points_live_through_their_day(row, day):
    try:
        policy = terms.checked(terms.Expiry, {"table": [row]})
    except terms.NoTerms:
        return
    assert lifetimes.dies_at(policy, day, "Europe/Paris") > periods.begins_at(day, "Europe/Paris")


def test_promises_are_told_in_both_languages():
    with translation.override("en"):
        assert wording.expiry({"months": 12}) == "Expires 12 months after earning"
        assert wording.expiry({"days": 1}) == "Expires 1 day after earning"
        assert wording.expiry({"end_of": "year", "plus_months": 2}) == (
            "Expires at the end of the year of earning and 2 months"
        )
        assert wording.expiry(TABLE) == "Earned January 1 to December 31: gone on March 1, the next year"
        assert wording.expiry(None) == "Never expires"
        assert wording.pending({}) == "Can be spent at once"
        assert wording.pending({"days": 2}) == "Can be spent 2 days later"
    with translation.override("fr"):
        assert wording.expiry({"months": 12}) == "Expire 12 mois après le gain"
        assert wording.pending({"days": 1}) == "Se dépense le lendemain"
