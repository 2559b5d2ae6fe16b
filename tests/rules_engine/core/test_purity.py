"""The core needs nothing of the house: no framework, no database, no clock, no chance."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rules_engine.core

SOURCES = sorted(Path(rules_engine.core.__file__).parent.glob("*.py"))


def test_a_fresh_interpreter_loads_no_framework():
    asked = "import sys, rules_engine.core.sentences; print(*sys.modules)"
    root = Path(rules_engine.core.__file__).parents[2]
    loaded = subprocess.run(
        [sys.executable, "-c", asked], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "rules_engine.core.scoring" in loaded
    assert not {"django", "celery", "psycopg", "redis"} & set(loaded)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_clock_no_chance_no_float(source):
    tree = ast.parse(source.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name.partition(".")[0] for alias in node.names} | {getattr(node, "module", "") or ""}
            assert not names & {"time", "random", "secrets", "uuid", "os", "locale"}
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "today", "utcnow", "Float32", "Float64"}
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
