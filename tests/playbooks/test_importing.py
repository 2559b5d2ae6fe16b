"""A file becomes a program, whole or not at all; the same file again changes nothing and says so."""

import json
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.models import AuditEvent
from playbooks import checking, importing, reading
from playbooks.problems import InvalidPlaybook
from programs import queries as programs
from programs.models import Banner, Currency, Market, Population, Product, Program, Store
from rewards import catalogue
from rules_engine import queries, rulebooks
from rules_engine.core.rulebook import Rulebook
from tests import waiting
from tiers import ladders

CLUB = """\
version: 1
program: {code: club, name: {en: Club, fr: Le club}, population: people}
banners: [{code: maison, name: Maison}, {code: halles, name: Halles}]
markets:
  - {code: FR, currency: EUR, languages: [fr, en], timezone: Europe/Paris}
  - {code: US, currency: USD, languages: [en], timezone: America/New_York}
stores:
  - {code: s1, banner: maison, market: FR, name: Bastille, kind: supermarket}
  - {code: u1, banner: halles, market: US, timezone: America/Chicago}
currencies:
  - {code: points, name: {en: points, fr: points}, expiry: {months: 12}, unit_value: {FR: 0.01, US: 0.012}}
  - {code: pot, kind: cash, money: EUR, pending: {days: 2}, release: {minimum: 500}}
settings: {late_lives_days: 30}
event_types: [{code: review, attributes: {stars: integer}}]
rules:
  - {code: base, name: One point, trigger: purchase, earn: {per_amount: {points: 1}}}
  - {code: hello, trigger: visit, earn: {fixed: 5}}
"""


def run(text, now, **more):
    checked = checking.check(reading.read(text.encode(), "club.yaml"))
    return importing.import_checked(checked, now=now, by="user:1", **more)


@pytest.mark.django_db
def test_a_file_makes_a_whole_program(now):
    report = run(CLUB, now)
    assert list(report.sentences()) == [
        "Created population people.",
        "Created program club.",
        "Created 2 banners: maison, halles.",
        "Created 2 markets: FR, US.",
        "Created 2 stores: s1, u1.",
        "Created 2 currencies: points, pot.",
        "Rulebook version 1 with 2 rules is published, for all time.",
    ]
    program = programs.program_by_code("club")
    assert program.names == {"en": "Club", "fr": "Le club"}
    assert program.settings["late_lives_days"] == 30
    assert program.settings["event_types"] == {"review": {"stars": "integer"}}
    assert {banner.code: banner.theme for banner in program.banners.all()} == {"maison": "maison", "halles": "halles"}
    stores = {store.code: store for store in programs.stores_of(program.pk)}
    assert stores["s1"].names == {"fr": "Bastille"}
    assert stores["u1"].names == {"fr": "u1"}
    assert (stores["s1"].timezone, stores["u1"].timezone) == ("Europe/Paris", "America/Chicago")
    assert (stores["s1"].money, stores["u1"].money) == ("EUR", "USD")
    points, pot = programs.currencies_of(program.pk)
    assert points.unit_value == {"FR": "0.01", "US": "0.012"}
    assert points.expiry == {"months": 12}
    assert (pot.money, pot.scale, pot.pending, pot.expiry) == ("EUR", 2, {"days": 2}, None)
    assert pot.release == {"minimum": 500, "multiple_of": 1}


@pytest.mark.django_db
def test_what_is_published_is_what_was_written(now):
    run(CLUB, now)
    program = programs.program_by_code("club")
    [version] = queries.rulebooks_for(program.pk)
    rulebook = Rulebook.from_document(version.document)
    assert [rule.code for rule in rulebook.rules] == ["base", "hello"]
    assert rulebook.rule("base").name == {"fr": "One point"}
    assert (version.begins_at, version.ends_at) == (None, None)


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing_and_says_so(now, django_assert_max_num_queries):
    run(CLUB, now)
    events = AuditEvent.objects.count()
    with django_assert_max_num_queries(25):
        report = run(CLUB, now + timedelta(days=1))
    assert list(report.sentences()) == ["Nothing to change: program club is already as this file says."]
    assert not report.changed
    assert AuditEvent.objects.count() == events


@pytest.mark.django_db
def test_what_differs_is_changed_and_named(now):
    run(CLUB, now)
    changed = CLUB
    for was, then in (
        ("Bastille", "Nation"),
        ("months: 12", "months: 6"),
        ("late_lives_days: 30", "basis: gross"),
        ("fixed: 5", "fixed: 7"),
        ("America/New_York", "America/New_York, minimum_age: 21"),
    ):
        changed = changed.replace(was, then)
    later = now + timedelta(hours=1)
    assert list(run(changed, later).sentences()) == [
        "Changed program club (settings).",
        "Changed market US (minimum_age).",
        "Changed store s1 (names).",
        "Changed currency points (expiry).",
        f"Rulebook version 2 with 2 rules is published, from {later:%Y-%m-%d %H:%M} UTC.",
    ]
    program = programs.program_by_code("club")
    assert program.settings["late_lives_days"] == 0
    assert [one.ends_at for one in queries.rulebooks_for(program.pk)] == [later, None]
    event = AuditEvent.objects.filter(action="playbook.imported").latest("id")
    assert event.actor == "user:1"
    assert "Changed store s1 (names)." in event.data["sentences"]


@pytest.mark.django_db
def test_a_later_look_of_a_banner_or_theme_of_a_program_stays(now):
    run(CLUB, now)
    Banner.objects.filter(code="maison").update(theme="fidelio")
    program = Program.objects.get(code="club")
    program.settings["theme"] = "halles"
    program.save(update_fields=["settings"])
    assert not run(CLUB, now).changed


@pytest.mark.django_db
def test_two_programs_share_banners_and_stores(now):
    run(CLUB, now)
    other = CLUB.replace("code: club", "code: elite")
    assert list(run(other, now).sentences()) == [
        "Created program elite.",
        "Created 2 markets: FR, US.",
        "Created 2 currencies: points, pot.",
        "Rulebook version 1 with 2 rules is published, for all time.",
    ]
    assert Store.objects.count() == 2
    assert Population.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("was", "then", "problem"),
    [
        ("population: people", "population: others", "club.yaml:2: program.population: the program's people are of"),
        (
            "FR, currency: EUR",
            "FR, currency: PLN",
            "club.yaml:5: markets[0].currency: the market counts in EUR already",
        ),
        ("s1, banner: maison", "s1, banner: halles", "club.yaml:8: stores[0].banner: the store is of banner maison"),
        ("kind: cash, money: EUR", "kind: cash, money: USD", "club.yaml:12: currencies[1].money: stays 'EUR'"),
        ("points, name", "points, kind: status, name", "club.yaml:11: currencies[0].kind: stays 'redeemable'"),
        ("points, name", "points, scale: 2, name", "club.yaml:11: currencies[0].scale: stays 0"),
    ],
)
def test_what_points_hang_on_does_not_change(now, was, then, problem):
    run(CLUB, now)
    assert was in CLUB
    with pytest.raises(InvalidPlaybook) as invalid:
        run(CLUB.replace(was, then).replace("Bastille", "Nation"), now)
    assert str(invalid.value).startswith(problem)
    assert Store.objects.get(code="s1").names == {"fr": "Bastille"}, "all of it or nothing"


@pytest.mark.django_db
def test_rules_begin_at_the_midnight_of_each_market(now):
    report = run(CLUB.replace("version: 1", "version: 1\nvalid_from: 2026-01-01"), now)
    program = programs.program_by_code("club")
    begins = {one.market_code: one.begins_at for one in queries.rulebooks_for(program.pk)}
    assert begins == {
        None: datetime(2025, 12, 31, 23, tzinfo=UTC),
        "US": datetime(2026, 1, 1, 5, tzinfo=UTC),
    }
    assert len(report.versions) == 2
    assert not run(CLUB.replace("version: 1", "version: 1\nvalid_from: 2026-01-01"), now).changed


@pytest.mark.django_db
def test_a_market_that_goes_back_to_the_common_rules_gets_them(now):
    override = "markets_override: {US: {rules: {hello: {earn: {fixed: 9}}}}}\n"
    run(CLUB + override, now)
    program = programs.program_by_code("club")

    def hello(moment):
        version = queries.in_force(queries.rulebooks_for(program.pk), "US", moment)
        return Rulebook.from_document(version.document).rule("hello").earn.fixed

    later = now + timedelta(days=1)
    assert hello(later) == 9
    assert [str(version).split(" with")[0] for version in run(CLUB, later).versions if version.published.changed] == [
        "Rulebook version 2 for US"
    ]
    assert (hello(now), hello(later)) == (9, 5)


@pytest.mark.django_db
def test_a_draft_changes_nothing_that_is_there(now):
    run(CLUB, now)
    text = CLUB.replace("Bastille", "Nation").replace("fixed: 5", "fixed: 7")
    assert list(run(text, now, draft=True).sentences()) == [
        "Left until the draft is approved: store s1 (names).",
        "Rulebook version 2 with 2 rules waits as a draft, for all time.",
    ]
    program = programs.program_by_code("club")
    assert Store.objects.get(code="s1").names == {"fr": "Bastille"}
    assert [one.version for one in queries.rulebooks_for(program.pk)] == [1]
    assert [(one.version, one.state) for one in queries.history_of(program.pk)] == [(2, "draft"), (1, "published")]


@pytest.mark.django_db
def test_products_are_of_the_population_and_told_when_they_differ(now):
    products = (
        "products:\n"
        "  - {sku: '000', name: Kettle, category: Kitchen/Electric, brand: Own,"
        " tags: [blue], attributes: {watts: 2000}}\n"
        "  - {sku: 0001, name: Delivery}\n"
    )
    assert "Added or changed 2 products." in list(run(CLUB + products, now).sentences())
    state = Product.objects.get(catalogue__code="people", sku="000").current
    assert (state.name, state.category, state.tags, state.attributes) == (
        "Kettle", "Kitchen/Electric", ["blue"], {"watts": 2000}
    )  # fmt: skip
    assert not run(CLUB + products, now).changed
    later = now + timedelta(days=1)
    assert list(run(CLUB + products.replace("Delivery", "Home delivery"), later).sentences()) == [
        "Added or changed 1 product."
    ]
    assert Product.objects.get(sku="0001").states.count() == 2


PROMISES = """\
tiers:
  measure: {currency: points}
  steps: [{code: basic, from: 0}, {code: gold, from: 300}]
rewards:
  - {code: minus5, kind: voucher, cost: {points: 500}, value: {amount: 5.00}, when: {fact: member.tier, eq: gold}}
"""


@pytest.mark.django_db
def test_a_ladder_and_rewards_are_put_changed_and_withdrawn(now):
    assert list(run(CLUB + PROMISES, now).sentences())[-3:-1] == ["Created ladder main.", "Created reward minus5."]
    program = programs.program_by_code("club")
    assert ladders.document_of(program)["steps"][1] == {"code": "gold", "from": 300}
    assert [document["code"] for document in catalogue.documents_of(program)] == ["minus5"]
    assert not run(CLUB + PROMISES, now).changed
    other = PROMISES.replace("300", "200").replace("500", "400")
    later = now + timedelta(hours=1)
    assert list(run(CLUB + other, later, draft=True).sentences()) == [
        "Left until the draft is approved: ladder main.",
        "Left until the draft is approved: reward minus5.",
    ]
    assert list(run(CLUB + other, later).sentences()) == ["Changed ladder main.", "Changed reward minus5."]
    there = other + "markets_override: {US: {rewards: {minus5: {value: {amount: 6.00}}}}}\n"
    left = run(CLUB + there, later, draft=True)
    assert list(left.sentences()) == ["Left until the draft is approved: reward minus5."]
    assert list(run(CLUB + there, later).sentences()) == ["Changed reward minus5."]
    assert list(run(CLUB, later).sentences()) == ["Withdrew ladder main.", "Withdrew reward minus5."]
    assert ladders.document_of(program) is None
    assert not catalogue.documents_of(program)


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_at_once_one_waits_or_is_told(now):
    refused: list[Exception] = []

    def rival():
        try:
            run(CLUB.replace("fixed: 5", "fixed: 8"), now)
        except (importing.ImportedMeanwhile, rulebooks.PublishedMeanwhile) as collision:
            refused.append(collision)
        finally:
            connection.close()

    thread = threading.Thread(target=rival)
    with transaction.atomic():
        run(CLUB, now)
        thread.start()
        waiting.until_somebody_waits()
    thread.join(60)
    assert [str(one) for one in refused] == ["somebody else is changing this program at the moment: try again"]
    assert [one.version for one in queries.rulebooks_for(Program.objects.get().pk)] == [1]
    assert (Market.objects.count(), Currency.objects.count(), Banner.objects.count()) == (2, 2, 2)


def command(*arguments):
    out, err = StringIO(), StringIO()
    call_command("playbook", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_the_command_imports_and_tells(tmp_path):
    file = tmp_path / "club.yaml"
    file.write_text(CLUB)
    out, err = command("import", str(file))
    assert out.splitlines()[1] == "Created program club."
    assert err.splitlines() == [
        "warning: club.yaml:12: currencies[1].name: has no text in en, fr",
        "warning: club.yaml:16: rules[0].name: has no text in en",
        "warning: club.yaml:17: rules[1].name: has no text in en, fr",
    ]
    report = json.loads(command("import", str(file), "--json")[0])
    assert report["changed"] is False
    assert report["rulebooks"][0]["version"] == 1
    assert AuditEvent.objects.get(action="playbook.imported").actor == "command:playbook"


@pytest.mark.django_db
def test_the_command_refuses_with_exit_two_and_leaves_nothing(tmp_path):
    file = tmp_path / "club.yaml"
    file.write_text(CLUB + "tiers: {steps: []}\nrewards: {}\n")
    with pytest.raises(CommandError) as refused:
        command("import", str(file))
    assert refused.value.returncode == 2
    assert str(refused.value).splitlines() == [
        "club.yaml:18: tiers.measure: is required",
        "club.yaml:18: tiers.steps: must not be empty",
        "club.yaml:19: rewards: must be a list",
    ]
    assert not Program.objects.exists()


@pytest.mark.django_db
def test_the_command_checks_without_importing(tmp_path):
    file = tmp_path / "club.yaml"
    file.write_text(CLUB)
    assert command("validate", str(file))[0] == "club.yaml can be imported: program club with 2 rules.\n"
    assert not Program.objects.exists()


def test_the_schema_names_every_part_and_refuses_the_rest():
    schema = json.loads(command("schema")[0])
    assert set(schema["required"]) == {"version", "program", "markets", "currencies"}
    assert schema["additionalProperties"] is False
    assert {"tiers", "rewards", "challenges", "markets_override"} < set(schema["properties"])
    rule = schema["$defs"]["Rule"]
    assert {"code", "trigger", "earn", "limits", "combine"} < set(rule["properties"])
