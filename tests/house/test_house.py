"""The house keeps itself: floors, sizes, names, what may be imported where."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
NOT_OURS = {".venv", ".home", ".git", "staticfiles", "node_modules", "docs"}
NOT_FLOORS = {"benchmarks", "requirements", "script", "templates", "tests"}
FLOORS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


def tracked(*endings: str) -> list[Path]:
    """Files of the repository, those not yet committed included, ignored ones not."""
    said = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if said.returncode == 0:
        found = [ROOT / name for name in said.stdout.split("\0") if name]
    else:  # an export without git
        found = [path for path in ROOT.rglob("*") if not NOT_OURS & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in found if path.is_file() and (not endings or path.suffix in endings))


def modules() -> list[Path]:
    return [path for path in tracked(".py") if "migrations" not in path.parts]


def ours(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_package_is_missing_from_the_plan_of_floors():
    packages = {path.relative_to(ROOT).parts[0] for path in tracked(".py") if len(path.relative_to(ROOT).parts) > 1}
    planned = {name.strip() for layer in FLOORS["contracts"][0]["layers"] for name in layer.split("|")}
    assert packages - NOT_FLOORS == planned
    assert planned == set(FLOORS["root_packages"])


IMPORT_TASKS = """
import importlib, os, pathlib, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "loyalty.settings"
import django
django.setup()
import loyalty.celery
for path in sorted(pathlib.Path(".").glob("*/tasks.py")):
    importlib.import_module(f"{path.parent.name}.tasks")
    print("imported", path)
print("heavy", *sorted({"polars", "numpy", "pyarrow", "pandas"} & set(sys.modules)))
"""


def test_no_tasks_module_brings_frames_along():
    """A worker forks after it has imported its tasks; a library of threads must not be there by then."""
    done = subprocess.run([sys.executable, "-c", IMPORT_TASKS], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    *imported, heavy = done.stdout.splitlines()
    assert {"imported activity/tasks.py", "imported earning/tasks.py"} <= set(imported)
    assert heavy == "heavy", f"imported by django.setup() or a tasks module: {heavy}"


def statements(function: ast.AST) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1


def test_modules_functions_and_templates_stay_small():
    too_long = []
    for path in modules():
        text = path.read_text()
        if len(text.splitlines()) > 400:
            too_long.append(f"{ours(path)} has more than 400 lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and statements(node) > 40:
                too_long.append(f"{ours(path)}: {node.name} has more than 40 statements")
    for path in tracked(".html"):
        if len(path.read_text().splitlines()) > 150:
            too_long.append(f"{ours(path)} has more than 150 lines")
    assert too_long == []


def test_modules_are_nouns_or_activities():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "services", "service"}
    assert [ours(path) for path in modules() if {path.stem, path.parent.name} & vague] == []


CLOCKS = re.compile(
    r"\b(now\s*\(\s*\)|current_timestamp|localtimestamp|clock_timestamp\s*\(|statement_timestamp)", re.I
)


def sql_of(path: Path) -> list[tuple[int, str]]:
    """(line, text) of string constants that read like SQL; docstrings are left out."""
    wordy = re.compile(r"\b(select|insert|update|delete|default|where|values)\b", re.I)
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    told = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and wordy.search(node.value)
        if node.value not in told
    ]


def test_no_sql_of_ours_asks_the_clock():
    """`now` is handed down; only recorded_at defaults to the database's moment, and audit.clock reads it. A guard of
    what only grows believes nobody's `now` but the database's."""
    asking = []
    for path in tracked(".py"):
        if path.relative_to(ROOT).parts[0] == "tests" or ours(path) in ("audit/clock.py", "audit/guards.py"):
            continue
        for line, text in sql_of(path):
            rest = re.sub(r"recorded_at\s+timestamptz\s+NOT NULL\s+DEFAULT\s+now\(\)", "", text, flags=re.I)
            if CLOCKS.search(rest):
                asking.append(f"{ours(path)}:{line}")
    assert asking == []


def test_the_clock_test_would_see_one(tmp_path):
    module = tmp_path / "slip.py"
    module.write_text('STATEMENT = "UPDATE claim SET lease_until = now() WHERE true"\n')
    [(_, text)] = sql_of(module)
    assert CLOCKS.search(text)


PLACES = re.compile(
    r"(?<![\w.])/(?:home|work|root|Users|mnt)/\w|\bfarm-\w+|\.library\b|\bshared/design|files\.pythonhosted\.org"
    r"|https?://(?:pypi|registry|proxy|mirror)\.[\w.]+",
)


def test_nothing_names_a_machine_of_ours_or_a_registry():
    named = []
    for path in tracked():
        if path.suffix in {".png", ".jpg", ".woff2", ".ico", ".gz", ".br"} or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if PLACES.search(line):
                named.append(f"{ours(path)}:{number}: {line.strip()[:100]}")
    assert named == []


def direct_names() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    return {re.split(r"[\[<>=!~; ]", one)[0].lower() for one in every}


def locked(name: str) -> dict[str, int]:
    """package -> how many hashes it is pinned with."""
    found: dict[str, int] = {}
    package = ""
    for line in (ROOT / "requirements" / f"{name}.lock").read_text().splitlines():
        if line.startswith("    --hash=sha256:"):
            found[package] += 1
        elif line and not line.startswith((" ", "#")):
            assert re.match(r"[a-z0-9._-]+==\S+", line), f"not pinned: {line}"
            package = line.split("==")[0]
            found[package] = 0
    return found


def test_lock_files_pin_every_package_by_hash_and_name_no_place():
    dev, runtime, data = locked("dev"), locked("runtime"), locked("journey-data")
    for lock in (dev, runtime, data):
        assert lock
        assert all(lock.values()), [package for package, hashes in lock.items() if not hashes]
    assert direct_names() <= set(dev), direct_names() - set(dev)
    assert {"django", "psycopg", "celery", "polars"} <= set(runtime)
    assert set(runtime) <= set(dev)
    for path in (ROOT / "requirements").iterdir():
        assert "://" not in path.read_text(), f"{path.name} names a place"


@pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="needs the launcher's servers")
def test_the_floors_hold():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports())"],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
