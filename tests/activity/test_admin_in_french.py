"""Imports and quarantine in the admin, for those who work in French."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation

from activity import models
from identity import staff
from identity.rights import EVERYWHERE

ROOT = Path(__file__).resolve().parents[2]
SAME = {"source", "import", "imports", "corrections"}
"""Words that French has as well."""


def words() -> set[str]:
    """Every text of the room's models and admin."""
    code = "".join((ROOT / "activity" / name).read_text() for name in ("models.py", "admin.py"))
    return {text.replace('\\"', '"') for text in re.findall(r'_\(\s*"((?:[^"\\]|\\.)+)"\s*\)', code)}


def test_every_word_of_the_room_has_its_french():
    assert len(words()) > 35
    with translation.override("fr"):
        untold = {word for word in words() - SAME if translation.gettext(word) == word}
    assert untold == set()


def test_every_field_the_admin_shows_has_a_name():
    hidden = {"id", "sha256", "mapping_sha256", "raw"}
    for model in (models.InboundFile, models.Quarantine):
        named = {field.name for field in model._meta.get_fields() if not isinstance(field.verbose_name, str)}
        assert {field.name for field in model._meta.get_fields()} - named == hidden & {
            field.name for field in model._meta.get_fields()
        }


@pytest.mark.django_db
def test_the_lists_speak_french(client, program, csv_file, ingest):
    ingest(csv_file([("R1", "2026-03-01T10:00:00", "s1", "A1", "100", "1", "abc")]))
    now = datetime.now(UTC)
    user = staff.create_staff(
        "sofia@example.com", "Sofia", [("call_centre", EVERYWHERE)], now=now, by="test", admin=True
    )
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for page, said in (("inboundfile", ("Début", "lu")), ("quarantine", ("Ce qui ne va pas", "à examiner"))):
        response = client.get(f"/admin/activity/{page}/", headers={"accept-language": "fr"})
        assert response.status_code == 200
        shown = response.content.decode()
        assert [one for one in said if one.lower() not in shown.lower()] == []
