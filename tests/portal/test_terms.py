"""The text of the terms: read before joining, accepted with its version, asked about anew at the next sign-in."""

import re

import pytest

from members.models import TermsAccepted
from programs.models import TermsText
from web import markdown

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(program, now):
    """write("2026-1", "text", market="FR", language="fr") keeps a text; put_in_force("2026-1") is the setting."""

    def keep(version, text, *, market="", language="fr"):
        return TermsText.objects.create(
            program=program, version=version, market_code=market, language=language, text=text, since=now
        )

    return keep


def put_in_force(program, version):
    program.settings["terms"] = version
    program.save(update_fields=["settings"])


def test_without_a_text_nothing_is_asked_and_nothing_is_there(camille, client):
    assert camille.client().get("/demo/").status_code == 200
    assert client.get("/demo/terms/").status_code == camille.client().get("/demo/me/terms/").status_code == 404
    assert "/demo/terms/" not in client.get("/demo/join/").content.decode()


def test_who_joins_reads_them_in_their_language_and_market(client, program, write):
    write("1", "Pour tous", language="fr")
    write("1", "For all", language="en")
    write("1", "## Points\n\nUn *point* par euro.", market="FR")
    assert 'href="/demo/terms/"' in client.get("/demo/join/").content.decode()
    page = client.get("/demo/terms/", headers={"accept-language": "fr"}).content.decode()
    assert "<h2>Points</h2>" in page and "<em>point</em>" in page and "Pour tous" not in page
    there = client.get("/demo/terms/", headers={"accept-language": "en"}).content.decode()
    assert 'lang="fr"' in there and "Points" in there  # the market's own before a language it is not written in
    assert client.get("/demo/terms/9/").status_code == client.get("/demo/terms/%00/").status_code == 404


def test_a_new_version_asks_once_a_sign_in_and_proof_names_it(camille, program, write):
    write("2", "Nouveau texte")
    write("1", "Ancien texte")
    put_in_force(program, "2")
    client = camille.client("fr")
    assert client.get("/demo/card/").status_code == 200  # a queue behind her: the card never waits
    asked = client.get("/demo/", follow=True)
    assert asked.redirect_chain == [("/demo/me/terms/", 302)]
    assert "Nos conditions ont changé" in asked.content.decode() and "Nouveau texte" in asked.content.decode()
    client.post("/demo/me/terms/", {"later": "1"})
    assert client.get("/demo/").status_code == 200  # not again before the next sign-in
    again = camille.client("fr")
    assert again.get("/demo/").status_code == 302
    assert again.post("/demo/me/terms/", {"version": "1"})["Location"] == "/demo/me/terms/"
    assert not TermsAccepted.objects.filter(version__in=("1", "2"), membership=camille.membership).exists()
    again.post("/demo/me/terms/", {"version": "2"})
    proof = TermsAccepted.objects.get(version="2")
    assert (proof.membership_id, proof.source, proof.by) == (
        camille.membership.pk, "web", f"member:{camille.membership.public_id}",
    )  # fmt: skip
    assert camille.client().get("/demo/").status_code == 200
    mine = again.get("/demo/me/terms/").content.decode()
    assert "Vous avez accepté la version 2" in mine and "Je les accepte" not in mine
    assert "Elle n’est plus en vigueur." in again.get("/demo/terms/1/").content.decode()


def test_me_leads_to_them(camille, write):
    assert "/demo/me/terms/" not in camille.client().get("/demo/me/").content.decode()
    write("1", "Text")
    assert "/demo/me/terms/" in camille.client().get("/demo/me/").content.decode()


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://a/b.png)", '<img src="x" onerror="y">',
     "[x]: javascript:alert(1)\n\n[x]", "<javascript:alert(1)>", "[x](data:text/html,<script>)", '[x](" onclick="y)'],
)  # fmt: skip
def test_a_text_brings_no_markup_of_its_own(text):
    made = markdown.html_of(text)
    for bad in ("<script", "<img", "<p onclick", 'href="javascript', 'href="data', ' onclick="', ' onerror="'):
        assert bad not in made, made


@pytest.mark.parametrize(
    ("text", "levels"), [("# a\n## b\n# c", "232"), ("## a\n\n#### b\n\n### c", "233"), ("###### a", "2"), ("a", "")]
)
def test_headings_leave_no_step_out(text, levels):
    assert "".join(re.findall(r"<h(\d)>", markdown.html_of(text))) == levels


def test_headings_stand_below_that_of_the_page():
    assert markdown.html_of("# One\n\n| a | b |\n|-|-|\n| 1 | 2 |").startswith("<h2>One</h2>\n<table>")
