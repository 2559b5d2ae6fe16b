"""The program's pages: what acts at once is edited, what is published with the rules is read."""

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from identity.models import User
from programs.models import Currency, Market, ProgramHost, Store

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def chief(client, db):
    user = User.objects.create_superuser("chief@example.com", "a long password")
    client.force_login(user, backend=BACKEND)
    return user


def inline(prefix, rows):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": sum("id" in row for row in rows)}
    for place, row in enumerate(rows):
        data |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return data


def form_of(program, **changes):
    """What the page of a program sends when nothing was changed."""
    markets = [
        {"id": row.pk, "program": program.pk, "languages": ", ".join(row.languages), "timezone": row.timezone,
         "minimum_age": row.minimum_age}
        for row in program.markets.all()
    ]  # fmt: skip
    currencies = [
        {"id": row.pk, "program": program.pk, "names_en": row.names["en"], "names_fr": row.names.get("fr", ""),
         "expiry": '{"months": 12}' if row.expiry else "null", "pending": "{}", "unit_value": "null", "release": "{}",
         "returns": row.returns}
        for row in program.currencies.all()
    ]  # fmt: skip
    return {
        "names_en": "Demo club", "names_fr": "Club démo", "banners": [row.pk for row in program.banners.all()],
        "theme": "", "late_lives_days": "0", "earn_before_joining": "on",
        **inline("markets", markets), **inline("currencies", currencies), **inline("hosts", []), **changes,
    }  # fmt: skip


def save(client, program, **changes):
    return client.post(reverse("admin:programs_program_change", args=[program.pk]), form_of(program, **changes))


def test_pages_open_in_both_languages(client, chief, program):
    for language, heading in (("en", "Programs"), ("fr", "Programmes")):
        client.cookies["django_language"] = language
        for name in ("programs_program", "programs_banner", "programs_store", "programs_source"):
            assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
        page = client.get(reverse("admin:programs_program_change", args=[program.pk]))
        assert heading in page.content.decode()


def test_saving_an_untouched_page_changes_nothing(client, chief, program):
    before = list(Currency.objects.values("names", "expiry", "pending", "unit_value", "release", "returns"))
    response = save(client, program)
    assert response.status_code == 302, response.context["errors"]
    assert list(Currency.objects.values("names", "expiry", "pending", "unit_value", "release", "returns")) == before
    program.refresh_from_db()
    assert program.names == {"en": "Demo club", "fr": "Club démo"}


def test_settings_that_act_at_once_are_kept_beside_the_others(client, chief, program):
    program.settings = {"basis": "gross", "late_lives_days": 0}
    program.names = {"en": "Demo club", "fr": "Club démo", "pl": "Klub"}
    program.save()
    assert save(client, program, late_lives_days="30", theme="halles", names_en="The club").status_code == 302
    program.refresh_from_db()
    assert program.settings == {
        "basis": "gross", "late_lives_days": 30, "earn_before_joining": True, "theme": "halles"
    }  # fmt: skip
    assert program.names == {"en": "The club", "fr": "Club démo", "pl": "Klub"}


def test_a_change_leaves_an_audit_event(client, chief, program):
    market = Market.objects.get(code="US")
    assert save(client, program, **{"markets-1-minimum_age": "21"}).status_code == 302
    market.refresh_from_db()
    assert market.minimum_age == 21
    event = AuditEvent.objects.get(action="admin.changed", object_type="programs.program")
    assert event.actor == f"user:{chief.pk}"
    assert any("Minimum age" in field or "minimum age" in field for field in event.data["fields"])


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("currencies-0-expiry", '{"month": 12}', "days: is required; month: unknown key"),
        ("currencies-0-expiry", '{"inactivity": {"months": 12}}', "inactivity is not built yet."),
        ("currencies-0-pending", '{"until": "delivered"}', "until is not built yet."),
        ("currencies-0-unit_value", "-0.01", "must be more than zero"),
        ("currencies-0-release", '{"minimum": "much"}', "minimum: must be a whole number, such as 12"),
        ("currencies-0-expiry", "{", "Enter a valid JSON."),
        ("markets-0-timezone", "Europe/Nowhere", "No time zone has this name"),
        ("markets-0-languages", "french", "must be a language, such as fr or pt-BR"),
    ],
)
def test_what_is_wrong_is_told_and_not_saved(client, chief, program, field, value, told):
    response = save(client, program, **{field: value, "late_lives_days": "9"})
    assert response.status_code == 200
    assert told in response.content.decode().replace("&#x27;", "'")
    program.refresh_from_db()
    assert "late_lives_days" not in program.settings


def test_promises_are_kept_exactly(client, chief, program):
    changes = {
        "currencies-0-expiry": '{"end_of": "year", "plus_months": 2}',
        "currencies-0-unit_value": "0.01",
        "currencies-0-pending": '{"days": 3}',
        "currencies-1-expiry": '"never"',
    }
    assert save(client, program, **changes).status_code == 302
    points = Currency.objects.get(code="points")
    assert (points.expiry, points.unit_value, points.pending) == (
        {"end_of": "year", "plus_months": 2}, "0.01", {"days": 3}
    )  # fmt: skip
    assert Currency.objects.get(code="status").expiry is None


def test_hosts_are_added_once(client, chief, program):
    row = {"host": "club.example", "program": program.pk}
    assert save(client, program, **inline("hosts", [row])).status_code == 302
    assert ProgramHost.objects.get().host == "club.example"


def test_a_store_names_a_market_and_a_zone_that_exist(client, chief, program):
    address = reverse("admin:programs_store_add")
    banner = program.banners.first()
    data = {"code": "n1", "banner": banner.pk, "market_code": "XX", "names_en": "New", "timezone": "Mars/Crater"}
    page = client.post(address, data).content.decode()
    assert "No program has a market of this code." in page
    assert "No time zone has this name" in page
    assert client.post(address, {**data, "market_code": "FR", "timezone": ""}).status_code == 302
    assert Store.objects.get(code="n1").names == {"en": "New"}


@pytest.mark.parametrize("name", ["programs_program_add", "programs_banner_add", "programs_source_add"])
def test_programs_are_made_by_playbooks(client, chief, name):
    assert client.get(reverse(f"admin:{name}")).status_code == 403


def test_nothing_that_points_hang_on_is_deleted(client, chief, program):
    for model, row in (("program", program), ("store", Store.objects.first()), ("banner", program.banners.first())):
        assert client.post(reverse(f"admin:programs_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_lists_ask_the_database_the_same_whatever_their_length(client, chief, program, django_assert_max_num_queries):
    banner = program.banners.first()
    for number in range(30):
        Store.objects.create(banner=banner, code=f"m{number}", market_code="FR", names={"en": f"M {number}"})
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:programs_store_changelist"))


def test_a_login_without_a_role_sees_nothing(client, program):
    user = User.objects.create_user("nobody@example.com", "a long password", is_staff=True)
    client.force_login(user, backend=BACKEND)
    assert client.get(reverse("admin:programs_program_changelist")).status_code == 403
    client.force_login(User.objects.create_user("member@example.com", "a long password"), backend=BACKEND)
    assert client.get(reverse("admin:programs_program_changelist")).status_code in {302, 403, 404}
