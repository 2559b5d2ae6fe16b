"""Whatever is taken can be imported: no length, sign or language reaches the database unchecked."""

import json

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks import checking, importing, reading
from playbooks.problems import InvalidPlaybook
from programs.models import Program
from rules_engine import queries
from rules_engine.core.rulebook import Rulebook

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=220)
CODES = st.one_of(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,42}", fullmatch=True), WORDS)
NAMES = st.one_of(WORDS, st.dictionaries(st.sampled_from(["en", "fr", "pt-BR", "xx", "e"]), WORDS, max_size=3))
NUMBERS = st.one_of(
    st.integers(-2, 10**19), st.sampled_from(["0.01", "1e3", "-0", "00", "1.5", "1.1234567", "999999999999999.999999"])
)
EXPIRY = st.one_of(
    st.just("never"),
    st.fixed_dictionaries({"days": NUMBERS}),
    st.fixed_dictionaries({"months": NUMBERS}),
    st.fixed_dictionaries({"end_of": st.sampled_from(["month", "year", "week"]), "plus_months": NUMBERS}),
)
RULES = st.fixed_dictionaries(
    {
        "code": CODES,
        "trigger": st.sampled_from(["purchase", "visit", "event:x", "return"]),
        "earn": st.one_of(
            st.fixed_dictionaries({"fixed": NUMBERS}),
            st.fixed_dictionaries({"multiply": NUMBERS}),
            st.fixed_dictionaries({"per_amount": st.fixed_dictionaries({"points": NUMBERS, "every": NUMBERS})}),
        ),
    },
    optional={
        "name": NAMES,
        "when": st.fixed_dictionaries({"fact": st.sampled_from(["line.sku", "receipt.net"]), "ge": NUMBERS}),
        "valid": st.fixed_dictionaries({"from": st.dates().map(str), "until": st.dates().map(str)}),
    },
)
STORE = st.fixed_dictionaries(
    {"code": CODES, "banner": st.just("b"), "market": st.just("FR"), "name": NAMES}, optional={"kind": WORDS}
)
PROGRAM = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "program": st.fixed_dictionaries({"code": CODES, "name": NAMES}, optional={"population": CODES}),
        "banners": st.just([{"code": "b"}]),
        "markets": st.just([{"code": "FR", "currency": "EUR", "languages": ["fr"], "timezone": "Pacific/Kiritimati"}]),
        "stores": st.lists(STORE, max_size=2),
        "currencies": st.lists(
            st.fixed_dictionaries(
                {"code": st.one_of(st.just("points"), CODES)},
                optional={
                    "name": NAMES, "expiry": EXPIRY, "unit_value": NUMBERS, "scale": NUMBERS,
                    "pending": st.fixed_dictionaries({"days": NUMBERS}),
                    "kind": st.sampled_from(["redeemable", "status", "cash"]),
                },
            ),
            min_size=1, max_size=2,
        ),
    },
    optional={
        "valid_from": st.dates().map(str),
        "rules": st.lists(RULES, max_size=2),
        "settings": st.fixed_dictionaries({"late_lives_days": NUMBERS}),
        "event_types": st.just([{"code": "x"}]),
    },
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=150)
@given(PROGRAM)
def test_what_is_taken_is_imported_and_read_back(now, document):
    # JSON is YAML: the same text is read by the same reader
    data = json.dumps(document, ensure_ascii=False).encode()
    try:
        checked = checking.check(reading.read(data, "any.yaml"))
    except InvalidPlaybook as invalid:
        assert all(problem.message for problem in invalid.problems)
        return
    with transaction.atomic():
        report = importing.import_checked(checked, now=now, by="user:1")
        assert report.changed
        assert not importing.import_checked(checked, now=now, by="user:1").changed
        [version] = queries.rulebooks_for(Program.objects.get(code=report.program).pk)
        assert Rulebook.from_document(version.document) == checked.rulebooks[None]
        transaction.set_rollback(True)
