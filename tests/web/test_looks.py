"""A look of its own, as browsers fetch it: under an address that changes with it, kept for good, for everybody."""

import io

import pytest
from PIL import Image

from programs import logos
from programs.models import ThemeLogo
from tests.programs.test_logos import ROOF
from web import banners

pytestmark = pytest.mark.django_db


@pytest.fixture
def dressed(program):
    """The program's one banner in its own colours, with a logo."""
    drawn = logos.drawn(ROOF)
    ThemeLogo.objects.create(digest=drawn.digest, width=drawn.width, height=drawn.height, png=drawn.png)
    banner = program.banners.order_by("code").first()
    logo = {"digest": drawn.digest, "width": drawn.width, "height": drawn.height}
    banner.look = {"brand": "#5b2a86", "second": "#f39a4a", "engraving": "basket", "logo": logo}
    banner.save()
    program.banners.set([banner])
    return banner


def address(program, name):
    look = banners.of_program(type(program).objects.get(pk=program.pk))
    owner, _, code = look.theme.partition("-")
    return f"/demo/look/{owner}/{code}/{look.digest}/{name}"


def test_its_style_sheet_is_linked_and_kept_for_good(client, program, dressed):
    page = client.get("/demo/").content.decode()
    sheet = address(program, "look.css")
    assert f'<link rel="stylesheet" href="{sheet}">' in page and f'data-banner="banner-{dressed.code}"' in page
    assert '<span class="logo-drawn"' in page and "style=" not in page
    answer = client.get(sheet)
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not answer.cookies and "Vary" not in answer and answer["Content-Type"].startswith("text/css")
    text = answer.content.decode()
    assert "--brand: #5b2a86;" in text and "light-dark(" in text.partition("@supports")[2]
    older = client.get(sheet.replace(sheet.split("/")[-2], "0" * 12))
    assert (older.content, older["Cache-Control"]) == (answer.content, "no-cache")


def test_another_colour_is_another_address(program, dressed):
    before = address(program, "look.css")
    dressed.look = {**dressed.look, "brand": "#5b2a87"}
    dressed.save()
    assert address(program, "look.css") != before


def test_its_icons_are_those_of_the_app(client, program, dressed):
    said = client.get("/demo/manifest.webmanifest").json()
    assert said["theme_color"] == banners.of_program(type(program).objects.get(pk=program.pk)).card
    sizes = []
    for icon in said["icons"]:
        answer = client.get(icon["src"])
        assert answer["Content-Type"] == "image/png"
        sizes.append((Image.open(io.BytesIO(answer.content)).size[0], icon["purpose"]))
    assert sizes == [(192, "any"), (512, "any"), (512, "maskable")]
    assert Image.open(io.BytesIO(client.get(address(program, "logo.png")).content)).mode == "LA"
    assert b"<script" not in client.get(address(program, "art.svg")).content
    assert address(program, "look.css") in client.get("/demo/sw.js").content.decode().replace("\\u002D", "-").replace(
        "\\u0022", '"'
    )


@pytest.mark.parametrize("path", ["banner/none/0/look.css", "store/maison/0/look.css", "program/demo/0/look.css"])
def test_what_has_no_look_of_its_own_has_no_files(client, program, path):
    assert client.get(f"/look/{path}").status_code == 404


def test_there_are_no_other_files(client, program, dressed):
    assert client.get(address(program, "settings.py")).status_code == 404


def test_a_member_of_a_shared_program_sees_her_banner_s_and_a_visitor_the_program_s(client, program, dressed):
    from programs.models import Banner

    program.banners.add(Banner.objects.create(code="other", look={"brand": "#004466"}))
    shared = type(program).objects.get(pk=program.pk)
    assert banners.of_program(shared) == banners.FIDELIO
    assert banners.of_member(shared, dressed.pk).theme == f"banner-{dressed.code}"
    assert banners.of_member(shared, None) == banners.FIDELIO
    shared.look = {"brand": "#884400"}
    assert banners.of_member(shared, None).theme == "program-demo" == banners.of_program(shared).theme
