"""Themes and texts of terms: taken from files beside the playbook, told, kept, given out again."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from playbooks import checking, comparing, importing, reading
from playbooks.problems import InvalidPlaybook
from programs import queries as programs
from programs.models import TermsText, ThemeLogo
from programs.themes import of_member, of_program
from tests.programs.test_logos import ROOF

CLUB = """\
version: 1
program: {code: club, name: Club, population: club}
banners:
  - {code: maison, name: Maison, theme: {brand: "#0C5C43", second: "#f2c230", engraving: rosette, logo: art/roof.svg}}
  - {code: halles, name: Halles, theme: {brand: "#ffcc00"}}
  - {code: plain, name: Plain}
markets:
  - {code: FR, currency: EUR, languages: [fr, en], timezone: Europe/Paris}
currencies: [{code: points, name: {en: points, fr: points}}]
settings: {terms: "2026-1"}
terms:
  - {version: "2026-1", market: FR, file: {fr: terms.fr.md}}
  - {version: "2026-1", text: {en: "# Terms"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "art").mkdir()
    (tmp_path / "art/roof.svg").write_bytes(ROOF)
    (tmp_path / "terms.fr.md").write_text("# Conditions\n\nUn point par euro.\n")
    (tmp_path / "club.yaml").write_text(CLUB)
    return tmp_path


def take(folder: Path, now, text: str = CLUB, **more):
    (folder / "club.yaml").write_text(text)
    return importing.import_file(folder / "club.yaml", now=now, by="test", **more)


@pytest.mark.django_db
def test_a_playbook_dresses_its_banners(folder, now):
    report = take(folder, now)
    program = programs.program_by_code("club")
    maison, halles, plain = (program.banners.get(code=code) for code in ("maison", "halles", "plain"))
    worn = of_member(program, maison.pk)
    assert (worn.owner, worn.brand, worn.engraving) == ("banner-maison", "#0c5c43", "rosette")
    assert ThemeLogo.objects.get(pk=worn.logo).height and of_member(program, halles.pk).logo == ""
    assert of_member(program, plain.pk) is None and of_program(program) is None  # a shared program wears none of them
    [told] = [one for one in report.warnings if "theme" in one.field]
    assert (told.line, told.field) == (5, "banners[1].theme.brand") and "links and buttons wear #" in told.message


@pytest.mark.django_db
def test_it_comes_back_the_same_with_its_files(folder, now, tmp_path):
    take(folder, now)
    there = tmp_path / "out" / "club.yaml"
    there.parent.mkdir()
    call_command("playbook", "export", "club", "--output", str(there))
    [logo] = there.parent.glob("logo-*.png")
    again = checking.check(reading.read_file(there))
    assert not importing.import_checked(again, now=now, by="test").changed
    logo.unlink()  # it is kept here already
    assert not importing.import_file(there, now=now, by="test").changed
    there.write_text(there.read_text().replace(logo.stem[5:], "0" * 24))
    with pytest.raises(InvalidPlaybook, match="no such logo is kept"):
        importing.import_file(there, now=now, by="test")


@pytest.mark.django_db
def test_a_theme_or_a_text_that_is_left_out_stays_and_a_dry_run_says_so(folder, now):
    take(folder, now)
    fewer = CLUB.replace(', theme: {brand: "#ffcc00"}', "").replace("#0C5C43", "#004466").partition("terms:\n  -")[0]
    (folder / "club.yaml").write_text(fewer)
    seen = comparing.preview(checking.check(reading.read_file(folder / "club.yaml")), now=now, by="test")
    assert "Banner halles keeps its theme: it is not in the file." in seen.kept
    assert seen.sentences == ["Banner maison, theme.brand: #0c5c43 becomes #004466."]
    take(folder, now, fewer)
    assert programs.program_by_code("club").banners.get(code="halles").look["brand"] == "#ffcc00"
    assert TermsText.objects.count() == 2


@pytest.mark.django_db
def test_a_text_of_terms_is_never_another_under_its_version(folder, now):
    take(folder, now)
    (folder / "terms.fr.md").write_text("# Conditions\n\nDeux points par euro.\n")
    with pytest.raises(InvalidPlaybook, match=r"terms\[0\].file.fr: the text of version 2026-1 was shown"):
        take(folder, now)
    report = take(folder, now, CLUB.replace('"2026-1"', '"2026-2"'))
    assert "Created 2 terms texts: 2026-2 FR fr, 2026-2 en." in list(report.sentences())
    assert TermsText.objects.get(version="2026-1", language="fr").text.endswith("Un point par euro.")


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('"#ffcc00"', '"gold"', r"club.yaml:5: banners\[1\].theme.brand: is no colour: write a # and six digits"),
        ("art/roof.svg", "../roof.svg", r"banners\[0\].theme.logo: ../roof.svg is not beside the playbook"),
        ("art/roof.svg", "/etc/passwd", r"banners\[0\].theme.logo"),
        ("art/roof.svg", "art/wall.svg", "no file art/wall.svg"),
        ("art/roof.svg", "terms.fr.md", "terms.fr.md is neither SVG nor PNG"),
        ("art/roof.svg", "logo-1.png", "there is no file logo-1.png"),
        ("file: {fr: terms.fr.md}", "file: {fr: conditions.md}", r"terms\[0\].file.fr: there is no file conditions.md"),
        ('text: {en: "# Terms"}', "x: 1", r"terms\[1\]"),
        ("market: FR, file", "market: XX, file", "no market is called 'XX'"),
        ('text: {en: "# Terms"}', 'market: FR, text: {en: "x"}', "'2026-1 FR' is used twice"),
        ("rosette", "zigzag", "engraving"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named(folder, was, becomes, told):
    (folder / "club.yaml").write_text(CLUB.replace(was, becomes))
    with pytest.raises(InvalidPlaybook, match=told):
        checking.check(reading.read_file(folder / "club.yaml"))


def test_a_market_without_a_text_of_the_version_in_force_is_warned_of(folder):
    (folder / "club.yaml").write_text(
        CLUB.replace('  - {version: "2026-1", text: {en: "# Terms"}}\n', "").replace(
            '{terms: "2026-1"}', '{terms: "3"}'
        )
    )
    told = checking.check(reading.read_file(folder / "club.yaml")).warnings
    assert any("version 3, in force by the settings, has no text for market FR" in one.message for one in told)


@pytest.mark.django_db
def test_the_command_exits_with_the_line_of_a_bad_colour(folder):
    (folder / "club.yaml").write_text(CLUB.replace("#ffcc00", "#ffcc0"))
    with pytest.raises(CommandError, match="club.yaml:5"):
        call_command("playbook", "import", str(folder / "club.yaml"), "--dry-run")
