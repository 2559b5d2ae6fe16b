import re

from barcode import Code128

from web import codes, guilloche


def test_a_bar_code_draws_exactly_the_dark_modules_of_the_symbol() -> None:
    number = "20401288305512743"
    code = codes.bars(number)
    drawn = ["0"] * code.width
    for at, length in re.findall(r"M(\d+) 0h(\d+)v30", code.path):
        drawn[int(at) : int(at) + int(length)] = "1" * int(length)
    assert "".join(drawn) == Code128(number).build()[0]


def test_thirteen_digits_are_an_ean_only_with_their_check_digit() -> None:
    assert codes.bars("4006381333931").width == 95
    assert codes.bars("4006381333932").width != 95


def test_a_qr_code_draws_exactly_the_dark_modules_of_the_symbol() -> None:
    import segno

    code = codes.qr("20401288305512743")
    drawn = {
        (int(x) + step, int(y))
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", code.path)
        for step in range(int(length))
    }
    matrix = segno.make("20401288305512743", micro=False, error="m").matrix
    assert drawn == {(x, y) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}


def test_a_card_we_issue_fits_a_card_face() -> None:
    assert codes.bars("99999999999999995").width <= codes.ON_CARD_MODULES


def test_the_drawing_does_not_tell_the_number_and_is_the_same_every_time() -> None:
    number = "20401288305512743"
    seed = codes.seed_of(number)
    drawing = guilloche.engraving("rosette", seed)
    assert drawing == guilloche.engraving("rosette", codes.seed_of(number))
    assert 0 <= seed < 4096
    assert number not in drawing and "style" not in drawing


def test_two_cards_are_hardly_ever_engraved_alike() -> None:
    for family in guilloche.FAMILIES:
        drawings = {guilloche.engraving(family, codes.seed_of(f"2040{n:013}")) for n in range(60)}
        assert len(drawings) > 55
        assert all(len(drawing) < 7000 for drawing in drawings)
