"""The portal as an app: its manifest, its service worker, and the card it keeps."""

import json
import re

import pytest
from django.contrib.staticfiles import finders

from tests.rewards import shop
from web import banners

pytestmark = pytest.mark.django_db


def test_a_program_says_what_it_is_called_and_how_it_looks(client, program):
    answer = client.get("/demo/manifest.webmanifest", headers={"accept-language": "fr"})
    said = json.loads(answer.content)
    assert (said["name"], said["start_url"], said["scope"], said["lang"]) == ("Club démo", "/demo/", "/demo/", "fr")
    assert said["theme_color"] == banners.FIDELIO.card
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in said["icons"])
    assert client.get("/manifest.webmanifest").status_code == 404  # there is no program there


@pytest.mark.parametrize("look", banners.LOOKS.values(), ids=lambda look: look.theme)
def test_every_theme_has_its_icons_and_the_colours_of_its_style_sheet(look):
    for name in ("icon-192", "icon-512", "maskable-512", "touch-180", "pass-29", "pass-58", "pass-87", "logo-50",
                 "logo-100", "logo-150"):  # fmt: skip
        assert finders.find(f"web/icons/{look.theme}-{name}.png"), f"run script/draw_icons.py: {name} is missing"
    from tests.web.test_contrast import tokens

    found = tokens(look.theme)
    assert (found["pass-a"][0], found["pass-line"][0], found["paper"][0]) == (look.card, look.line, look.paper)


def test_the_worker_reaches_its_program_and_keeps_files_that_are_there(client, program):
    answer = client.get("/demo/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    text = answer.content.decode()
    said = re.search(r'JSON\.parse\("(.*)"\)', text).group(1)
    kept = json.loads(said.encode().decode("unicode_escape"))
    assert kept["card"] == "/demo/card/offline/"
    for file in kept["files"]:
        assert finders.find(file.removeprefix("/static/")), file


def test_the_kept_card_has_the_balance_and_its_moment_and_no_code_to_spend(camille, program):
    shop.Member(camille.membership.pk, camille.holder_id, program.pk).earn(345)
    page = camille.client().get("/demo/card/offline/")
    text = page.content.decode()
    assert "345" in text and "As of" in text and "spend-digits" not in text
    assert camille.membership.cards.get().number[:4] in text


def test_a_visitor_has_no_card_to_keep(client, program):
    assert client.get("/demo/card/offline/").status_code == 302
    assert 'data-card="forget"' in client.get("/demo/").content.decode()


def test_a_member_s_pages_keep_it(camille):
    page = camille.client().get("/demo/").content.decode()
    assert 'data-card="keep"' in page and 'data-worker="/demo/sw.js"' in page
    assert '<link rel="manifest" href="/demo/manifest.webmanifest">' in page
