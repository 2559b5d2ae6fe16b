"""CSV files: rows of one person together, columns named by a mapping."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from members.models import Card, Membership
from replication import mapping
from replication.models import Identity
from replication.refusals import Unreadable
from tests.replication.test_landing import balances, counts, lines, member

pytestmark = pytest.mark.django_db
CSV = """external_id,version,first_name,card,lot,lot_currency,lot_amount,lot_earned_on
C1,1,Ida,C0001,L1,points,500,2026-03-01
C1,1,,C0002,L2,points,70,2026-04-01
C2,1,Olu,,,,,
C3,1,Mei,C0003,,,,
C3,1,Mai,C0004,,,,
"""


def test_rows_of_one_person_are_one_record(crm, load, now):
    run = load(crm, CSV)
    assert counts(run) == {"created": 2, "refused": 1}
    assert lines(run) == [(5, "C3", "refused", "InvalidField", "first_name")]
    assert set(Card.objects.filter(membership=Identity.objects.get(external_id="C1").membership)
               .values_list("number", flat=True)) == {"C0001", "C0002"}  # fmt: skip
    assert list(balances("C1", now).values()) == [570]
    assert counts(load(crm, CSV)) == {"repeated": 2, "refused": 1}


def test_refused_rows_are_cut_out_of_their_file_mended_and_loaded_alone(crm, load, tmp_path):
    run = load(crm, CSV)
    path, refused = tmp_path / "base.csv", tmp_path / "refused.csv"
    call_command("replicate", "refused", str(path), str(run.pk), "--to", str(refused))
    header, *rows = CSV.splitlines(keepends=True)
    assert refused.read_text() == "".join([header, *(row for row in rows if row.startswith("C3"))])
    mended = refused.read_text().replace("Mai", "Mei")
    assert counts(load(crm, mended)) == {"created": 1}
    with pytest.raises(CommandError, match="is not the file"):
        call_command("replicate", "refused", str(path), str(run.pk), "--to", str(refused))
    sent = [{"external_id": "N1", "version": 1}, {"external_id": "N2"}, {"external_id": "N3", "version": 1}]
    run = load(crm, sent)
    call_command("replicate", "refused", str(tmp_path / "base.ndjson"), str(run.pk), "--to", str(refused))
    assert refused.read_text() == '{"external_id": "N2"}\n'


def test_a_mapping_names_the_columns_of_an_export(crm, load):
    how = mapping.parse(
        b"version: '1'\ncsv: {delimiter: ;}\ncolumns:\n  external_id: KUNDE\n  version: STAND\n  first_name: VORNAME\n"
        b"  joined_at: SEIT\nconstants: {language: fr}\ndates: {format: '%d.%m.%Y'}\n", "crm.yaml",
    )  # fmt: skip
    assert counts(load(crm, "KUNDE;STAND;VORNAME;SEIT;X\nC1;7;Ida;04.05.2019;?\n", mapping=how)) == {"created": 1}
    assert member().first_name == "Ida" and Membership.objects.get().joined_at.year == 2019
    with pytest.raises(Unreadable, match="KUNDE"):
        load(crm, "A;B\n1;2\n", mapping=how)
    with pytest.raises(Unreadable, match="line 3"):
        mapping.parse(b"version: '1'\ncolumns:\n  colour: X\n", "crm.yaml")
