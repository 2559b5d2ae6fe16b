"""The pages say what is there: links lead somewhere, what is named exists, what exists is named, the example runs."""

import importlib
import json
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
HOUSE = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
NAMED = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES]


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def quoted(text):
    """What stands between backticks, blocks of code left out."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("where", NAMED)
def test_links_lead_somewhere(where):
    targets = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", where.read_text())
    targets = [one or other for one, other in targets]
    inside = [target.partition("#")[0] for target in targets if "://" not in target]
    missing = [target for target in inside if target and not (where.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("where", NAMED)
def test_files_that_are_named_are_there(where):
    ours = {*HOUSE, "script", "tests", "docs", "benchmarks", "templates"}
    words = [word for said in quoted(where.read_text()) for word in said.split()]
    words += re.findall(r"\b(?:script|docs)/[\w./-]+", where.read_text())
    paths = {word.rstrip(".:,;") for word in words if "/" in word and word.partition("/")[0] in ours}
    generated = {"benchmarks/NAME.py", "benchmarks/results/NAME.json"}
    assert not sorted(path for path in paths - generated if not (ROOT / path).exists() and "<" not in path)


@pytest.mark.parametrize("where", NAMED)
def test_commands_that_are_named_are_there(where):
    named = set(re.findall(r"(?:manage\.py|script/manage) ([a-z]+)", where.read_text()))
    assert not named - set(get_commands())


@pytest.mark.parametrize("where", NAMED)
def test_modules_and_functions_that_are_named_are_there(where):
    words = {word.partition("(")[0] for word in quoted(where.read_text())}
    dotted = [word for word in words if re.fullmatch(r"\w+(\.\w+)+", word) and word.partition(".")[0] in HOUSE]
    assert not [word for word in sorted(dotted) if not word.endswith((".py", ".lock")) and not _resolves(word)]


def _resolves(dotted):
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


def test_every_page_the_code_names_is_there():
    named = set()
    for package in HOUSE:
        for source in (ROOT / package).rglob("*.py"):
            named.update(re.findall(r"docs/[\w/-]+\.md", source.read_text(encoding="utf-8")))
    assert named
    assert not sorted(name for name in named if not (ROOT / name).exists())


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        here = waiting.pop()
        if here in reached or here.suffix != ".md":
            continue
        reached.add(here)
        links = re.findall(r"\]\(([^)\s#]+)", here.read_text())
        waiting += [(here.parent / link).resolve() for link in links if "://" not in link]
    assert not sorted(set(PAGES) - reached)


def test_every_variable_is_in_the_operations_page_and_none_else():
    source = page("loyalty/environment.py")
    read = set(re.findall(r'(?:_text|_flag|_number|_names|environ\.get)\(\s*"([A-Z_]+)"', source))
    assert {"SECRET_KEY", "DATABASE_URL", "EMAIL_URL"} <= read
    table = page("docs/operations.md").partition("## Configuration")[2].partition("Read elsewhere")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", table, flags=re.MULTILINE)) == read


def test_every_package_is_in_the_plan_and_in_the_picture():
    packages = {found.parent.name for found in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages == set(HOUSE)
    table = page("docs/architecture.md").partition("## Floors")[2].partition("## The journey")[0]
    picture = page("docs/architecture.svg")
    assert not [name for name in HOUSE if f"`{name}`" not in table or f">{name}</text>" not in picture]


def test_every_table_is_in_the_architecture_page():
    table = page("docs/architecture.md").partition("## Tables")[2].partition("## Guards")[0]
    ours = [
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.app_label in HOUSE
    ]
    assert len(ours) > 30
    assert not sorted(name for name in ours if f"`{name}`" not in table)


def test_every_decision_is_listed_numbered_and_dated():
    decisions = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    assert [int(found.name[:4]) for found in decisions] == list(range(1, len(decisions) + 1))
    listed = page("docs/adr/README.md")
    for found in decisions:
        title, _, dated = found.read_text().split("\n")[:3]
        number, _, words = title.removeprefix("# ").partition(". ")
        assert f"| {number} | [{words}]({found.name}) |" in listed
        assert re.match(r"20\d\d-\d\d-\d\d\. ", dated)


def test_every_column_and_key_of_files_is_in_their_page():
    from activity import canonical
    from activity.mapping import CLEANERS, Condition, Mapping
    from playbooks.format import CurrencyPart, Playbook
    from rules_engine.core.literals import OPERATORS
    from rules_engine.core.rules import EFFECTS

    files = page("docs/activity-files.md")
    conditions = [field.alias or name for name, field in Condition.model_fields.items() if name != "column"]
    wanted = [*canonical.FIELDS, *canonical.KINDS, *canonical.CHANNELS, *CLEANERS, *Mapping.model_fields, *conditions]
    assert not [name for name in wanted if not re.search(rf"\b{name}\b", files)]
    playbooks = page("docs/playbooks.md")
    keys = [*Playbook.model_fields, *CurrencyPart.model_fields, *OPERATORS, *EFFECTS]
    assert not [name for name in keys if not re.search(rf"\b{name}\b", playbooks)]


@pytest.mark.django_db
def test_the_example_of_the_readme_does_what_it_says(now, tmp_path):
    from activity import quarantine
    from earning import journey, summary
    from ledger import auditing
    from programs.models import Program

    example = ROOT / "docs" / "example"
    call_command("playbook", "import", str(example / "playbook.yaml"), verbosity=0)
    call_command("products", str(example / "products.csv"), population="corner", verbosity=0)
    counts = tmp_path / "counts.json"
    options = {"source": "corner-tills", "program": "corner", "mapping": example / "mapping.yaml", "json": counts}
    call_command("ingest", str(example / "sales.csv"), **options)
    found, told = json.loads(counts.read_text()), json.loads(re.search(r'^\{"rows".*\}$', page("README.md"), re.M)[0])
    assert {**found, "seconds": 0} == {**told, "seconds": 0}

    journey.drain(clock=lambda: now)
    program = Program.objects.get(code="corner")
    assert summary.of(program, now=now)["balances"]["points"]["available"] == 2 + 10  # T5 brought the wine back

    wrong = quarantine.waiting().get(field="quantity")
    quarantine.fix(row_id=wrong.pk, changes={"quantity": "1"}, now=now, by="test")
    (replayed,) = quarantine.replay(rows=quarantine.receipts_of([wrong.pk]), now=now, by="test")
    assert (replayed.state, replayed.rows) == ("landed", 2)
    journey.drain(clock=lambda: now)
    given = summary.of(program, now=now)["points"]["points"]
    assert {rule: points["granted"] for rule, points in given.items()} == {"base": 15, "wine": 12, "first-of-day": 20}

    call_command("ingest", str(example / "sales.csv"), **options)
    again = json.loads(counts.read_text())
    assert (again["landed_rows"], again["quarantined_rows"], again["duplicate_rows"]) == (0, 0, 7)
    assert not list(auditing.differences())
