"""A logo is drawn anew: the same drawing from SVG and PNG, and nothing that runs, loads or repeats."""

import io

import pytest
from PIL import Image

from programs import logos

ROOF = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12 1 23 10v12H1V10z"/></svg>'


def svg(inside: str, more: str = "") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" {more}>{inside}</svg>'.encode()


def png(size: tuple[int, int], alpha: int) -> bytes:
    made = io.BytesIO()
    picture = Image.new("RGBA", size, (200, 10, 10, 0))
    picture.paste((200, 10, 10, alpha), (size[0] // 4, 0, size[0] // 2, size[1]))
    picture.save(made, "PNG")
    return made.getvalue()


def test_what_was_drawn_is_drawn_the_same_again() -> None:
    logo = logos.drawn(ROOF)
    assert max(logo.width, logo.height) == logos.LONGEST_SIDE and logos.drawn(logo.png) == logo
    picture = Image.open(io.BytesIO(logo.png))
    assert picture.mode == "LA" and picture.getpixel((logo.width // 2, logo.height // 2)) == (255, 255)
    assert picture.getpixel((0, 0)) == (255, 0)


def test_a_drawing_program_s_own_notes_are_left_out_and_say_nothing() -> None:
    noted = ROOF.replace(b"<path", b'<metadata><x xmlns="urn:me" href="http://a/"/></metadata><title>Roof</title><path')
    with pytest.raises(logos.NoLogo, match="attribute href"):
        logos.drawn(noted)
    assert logos.drawn(noted.replace(b' href="http://a/"', b"")).digest == logos.drawn(ROOF).digest


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (svg("<script>alert(1)</script>"), "<script>"),
        (svg('<image href="file:///etc/passwd"/>'), "<image>"),
        (svg("<foreignObject/>"), "<foreignObject>"), (svg("<style>*{}</style>"), "<style>"),
        (svg('<g id="a"><use href="#a"/></g>'), "<use>"), (svg("<text>Maison</text>"), "<text>"),
        (svg('<path d="M0 0h9v9z" onload="x()"/>'), "onload"), (svg("<g/>", 'onload="x()"'), "onload"),
        (svg('<path d="M0 0h9v9z" fill="url(http://a/)"/>'), "fill"),
        (b'<!DOCTYPE svg [<!ENTITY a "aaa">]>' + ROOF, "DOCTYPE"), (b'<?xml-stylesheet href="a"?>' + ROOF, "DOCTYPE"),
        (svg('<rect width="24" height="24"/>'), "no transparent ground"), (svg(""), "shows nothing"),
        (svg("<g/>" * 2_001), "shapes"), (b"<html/>", "neither"), (b"%PDF-1.7", "neither"), (b"", "neither"),
        (b"\x89PNG\r\n\x1a\n rubbish", "cannot be read"), (png((80, 60), 0), "shows nothing"),
        (b"x" * 500_001, "larger"), (svg('<rect width="24" height="1"/>'), "times as wide"),
    ],
)  # fmt: skip
def test_what_is_no_logo_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(logos.NoLogo, match=why):
        logos.drawn(content)


def test_a_png_is_cut_to_its_drawing() -> None:
    logo = logos.drawn(png((800, 400), 255))
    assert (logo.width, logo.height) == (256, 512) or logo.width / logo.height == pytest.approx(0.5, abs=0.01)
