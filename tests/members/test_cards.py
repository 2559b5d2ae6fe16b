from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEvent
from members import cards, enrolment, matching, models, numbers
from members.refusals import CardNotActive, CardTaken

BEFORE_CHECK = st.text("0123456789", min_size=3, max_size=31)


def with_check_digit(payload):
    return next(payload + digit for digit in "0123456789" if numbers.has_check_digit(payload + digit))


@given(BEFORE_CHECK)
def test_exactly_one_check_digit_fits(payload):
    assert [numbers.has_check_digit(payload + digit) for digit in "0123456789"].count(True) == 1


@given(BEFORE_CHECK, st.data())
def test_one_wrong_digit_is_told(payload, data):
    number = with_check_digit(payload)
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert not numbers.has_check_digit(number[:place] + wrong + number[place + 1 :])


@given(BEFORE_CHECK, st.data())
def test_neighbours_changed_about_are_told_but_for_nine_and_nought(payload, data):
    number = with_check_digit(payload)
    place = data.draw(st.integers(0, len(number) - 2))
    pair = number[place : place + 2]
    swapped = number[:place] + pair[::-1] + number[place + 2 :]
    assert numbers.has_check_digit(swapped) is (pair[0] == pair[1] or set(pair) == {"0", "9"})


@pytest.mark.parametrize("number", ["79927398713", "4539578763621486", "0000000000000000"])
def test_known_numbers(number):
    assert numbers.has_check_digit(number)


@pytest.mark.parametrize("number", ["79927398710", "7992739871x", "", "٧٩٩٢"])
def test_known_slips(number):
    assert not (number and numbers.has_check_digit(number))


def test_numbers_drawn_are_long_checked_spread_and_not_neighbours():
    drawn = [numbers.new_card_number() for _ in range(100_000)]
    assert all(len(number) == 17 and number.isdigit() and numbers.has_check_digit(number) for number in drawn)
    payloads = sorted(int(number[:-1]) for number in drawn)
    assert all(after - before > 1 for before, after in zip(payloads, payloads[1:], strict=False))
    # Chi-square of each drawn place against the flat law; 9 degrees of freedom, 27.88 is exceeded once in a thousand,
    # so 50 by fewer than one run in ten million. The first digit is never 0: 8 degrees.
    for place in range(numbers.RANDOM_DIGITS):
        seen = Counter(number[place] for number in drawn)
        digits = "123456789" if place == 0 else "0123456789"
        expected = len(drawn) / len(digits)
        assert set(seen) == set(digits)
        assert sum((seen[digit] - expected) ** 2 / expected for digit in digits) < 50
    assert 9 * 10 ** (numbers.RANDOM_DIGITS - 1) > 2**50


@given(st.text(max_size=60))
def test_a_number_read_twice_is_the_same_and_has_no_blanks_or_dashes(text):
    once = numbers.as_read(text)
    assert numbers.as_read(once) == once
    assert not any(letter.isspace() or letter == "-" for letter in once)


@given(st.text(max_size=40))
def test_a_number_is_taken_as_it_is_or_refused(text):
    try:
        number = numbers.check(text)
    except numbers.InvalidNumber:
        assert not (
            4 <= len(numbers.as_read(text)) <= 32 and all("!" <= letter <= "~" for letter in numbers.as_read(text))
        )
    else:
        assert number == numbers.as_read(text)


@pytest.fixture
def membership(program, now):
    return enrolment.enrol(program=program, channel="store", now=now, by="user:1", card_number="FIRST-1")


def named_by(program, number):
    return matching.match(program.pk, [matching.Bearer(1, card=number)])[1]


@pytest.mark.django_db
def test_a_lost_card_is_blocked_at_once_and_found_again(program, membership, now):
    card = membership.cards.get()
    later = now + timedelta(hours=1)
    blocked = cards.block(card=card, reason="lost", now=later, by="user:2")
    assert (blocked.status, blocked.blocked_at, blocked.reason) == ("blocked", later, "lost")
    assert named_by(program, "first1").reason == "CardBlocked"
    with pytest.raises(CardNotActive):
        cards.block(card=card, reason="lost again", now=later, by="user:2")
    found = cards.unblock(card=card, now=later, by="user:2")
    assert (found.status, found.blocked_at, found.reason) == ("active", None, "")
    assert named_by(program, "FIRST1").membership_id == membership.pk


@pytest.mark.django_db
@pytest.mark.parametrize("blocked_before", [True, False])
def test_a_replaced_card_leaves_points_where_they_are(program, membership, now, blocked_before):
    card, holder = membership.cards.get(), membership.holders.get().holder_id
    if blocked_before:
        card = cards.block(card=card, reason="stolen", now=now, by="user:2")
    new = cards.replace(card=card, reason="stolen", now=now + timedelta(hours=1), by="user:2")
    card.refresh_from_db()
    assert (card.status, card.reason) == ("replaced", "stolen")
    assert card.blocked_at == (now if blocked_before else now + timedelta(hours=1))
    assert (new.kind, new.status, new.membership_id) == ("virtual", "active", membership.pk)
    assert named_by(program, new.number).holder_id == holder
    assert named_by(program, "FIRST1").reason == "CardBlocked"
    with pytest.raises(CardNotActive):
        cards.replace(card=card, reason="once more", now=now, by="user:2")
    with pytest.raises(CardNotActive):
        cards.unblock(card=card, now=now, by="user:2")


@pytest.mark.django_db
def test_a_card_is_replaced_by_a_blank_one_or_not_at_all(program, membership, now):
    [blank] = cards.generate_blanks(program=program, count=1, now=now, by="user:1")
    enrolment.enrol(program=program, channel="store", now=now, by="user:1", card_number="THEIRS")
    card = membership.cards.get()
    with pytest.raises(CardTaken):
        cards.replace(card=card, reason="worn", now=now, by="user:2", number="theirs")
    card.refresh_from_db()
    assert card.status == "active"
    new = cards.replace(card=card, reason="worn", now=now, by="user:2", number=blank)
    assert (new.number, new.kind) == (blank, "physical")


@pytest.mark.django_db
def test_blanks_are_many_checked_and_name_nobody(program, now):
    made = cards.generate_blanks(program=program, count=500, now=now, by="user:1")
    assert len(set(made)) == models.Card.objects.filter(status="blank", membership=None).count() == 500
    assert all(map(numbers.has_check_digit, made))
    assert named_by(program, made[0]).reason == "UnknownMember"
    for count in (0, -1, cards.MOST_BLANKS + 1):
        with pytest.raises(cards.TooMany):
            cards.generate_blanks(program=program, count=count, now=now, by="user:1")


@pytest.mark.django_db
def test_a_blank_number_drawn_twice_is_drawn_again(program, now, monkeypatch):
    draws = iter(["11111111111111111", "11111111111111111", "22222222222222222", "33333333333333333"])
    monkeypatch.setattr(numbers, "new_card_number", lambda: next(draws))
    assert set(cards.generate_blanks(program=program, count=3, now=now, by="user:1")) == {
        "11111111111111111", "22222222222222222", "33333333333333333",
    }  # fmt: skip


@pytest.mark.django_db
def test_every_step_of_a_card_is_in_the_trail_without_its_number(program, membership, now):
    card = membership.cards.get()
    cards.block(card=card, reason="lost", now=now, by="user:2")
    cards.unblock(card=card, now=now, by="user:3")
    cards.replace(card=card, reason="worn", now=now, by="user:4")
    cards.bind(membership=membership, number="another", now=now, by="user:5")
    events = AuditEvent.objects.order_by("pk").values_list("actor", "action")
    assert list(events) == [
        ("user:1", "members.enrolled"), ("user:2", "cards.blocked"), ("user:3", "cards.unblocked"),
        ("user:4", "cards.replaced"), ("user:4", "cards.issued"), ("user:5", "cards.bound"),
    ]  # fmt: skip
    assert "FIRST1" not in str(list(AuditEvent.objects.values_list("data", flat=True)))
