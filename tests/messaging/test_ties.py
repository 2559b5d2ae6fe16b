"""What is told of merges, of leaving a household, and of leaving the program: to whom, in which words."""

from datetime import timedelta
from typing import Any

import pytest

from care.leaving import acting, settling
from care.privacy import erasing
from identity.models import User
from ledger import posting
from members import households, merging, splitting
from members.models import Login
from messaging import delivery
from messaging.models import Outgoing
from rewards import using
from tests.members.people import enrol, give, points_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def anna(program: Any, now: Any) -> Any:
    return enrol(program, now, "Anna", email="anna@example.com", language="fr")


@pytest.fixture
def bo(program: Any, now: Any) -> Any:
    return enrol(program, now, "Bo", email="bo@example.com", language="en")


@pytest.fixture
def letters(now: Any, mailoutbox: list[Any]) -> Any:
    """letters(): (to, subject, text) of what is owed now and was not fetched before, without welcomes."""

    def fetch(at: Any = now) -> list[tuple[str, str, str]]:
        delivery.deliver_due(clock=lambda: at)
        found = [(one.to[0], one.subject, " ".join(one.body.split())) for one in mailoutbox]
        mailoutbox.clear()
        return [one for one in found if "Welcome" not in one[1] and "Bienvenue" not in one[1]]

    return fetch


def home(head: Any, *others: Any, now: Any) -> Any:
    household = households.found(membership_id=head.pk, now=now, by="test")
    for one in others:
        households.admit(household_id=household.pk, membership_id=one.pk, now=now, by="test")
    return household


def test_a_merge_and_its_undoing_are_told_to_both_addresses(anna: Any, bo: Any, now: Any, letters: Any) -> None:
    done = merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now, by="user:1")
    told = {to: (subject, text) for to, subject, text in letters()}
    assert set(told) == {"anna@example.com", "bo@example.com"}
    assert told["anna@example.com"][0] == "Vos deux adhésions à Club démo n’en font plus qu’une"
    assert "d’ici le 19 décembre 2026" in told["anna@example.com"][1]
    assert "Tell us by 19 December 2026" in told["bo@example.com"][1]
    assert anna.number not in told["bo@example.com"][1], "an address may have been a stranger's"
    merging.undo(merge_id=done.pk, now=now + DAY, by="user:1")
    assert {(to, subject) for to, subject, _ in letters(now + DAY)} == {
        ("anna@example.com", "Votre adhésion à Club démo est de nouveau séparée"),
        ("bo@example.com", "Your Demo club membership stands alone again"),
    }


def test_whoever_leaves_a_household_and_its_head_are_told(anna: Any, bo: Any, now: Any, letters: Any) -> None:
    home(anna, bo, now=now)
    letters()
    households.leave(membership_id=bo.pk, now=now, by=f"member:{bo.public_id}")
    to_anna, to_bo = sorted(letters())
    assert to_anna[:2] == ("anna@example.com", "Bo n’est plus dans votre foyer")
    assert to_bo[0] == "bo@example.com" and "You have left your Demo club household." in to_bo[2]
    assert "Bo" not in str(Outgoing.objects.get(kind="household_smaller").facts)
    households.leave(membership_id=anna.pk, now=now, by="user:1")
    [(to, _, text)] = letters()
    assert to == "anna@example.com" and "tout ce que contient la cagnotte est à vous" in text


def test_whoever_is_let_go_is_told_and_the_head_who_did_it_is_not(anna: Any, bo: Any, now: Any, letters: Any) -> None:
    household = home(anna, bo, now=now)
    letters()
    by = f"member:{anna.public_id}"
    households.remove(household=household, membership_id=bo.pk, head_id=anna.pk, now=now, by=by)
    [(to, subject, text)] = letters()
    assert (to, subject) == ("bo@example.com", "You are no longer in the household")
    assert "You are no longer in your Demo club household." in text


def test_an_end_is_told_once_to_each(anna: Any, bo: Any, program: Any, now: Any, letters: Any) -> None:
    household = home(anna, bo, enrol(program, now, "Cy", email="cy@example.com"), now=now)
    letters()
    households.dissolve(household=household, now=now, by="user:1")
    assert sorted(to for to, _, _ in letters()) == ["anna@example.com", "bo@example.com", "cy@example.com"]


def test_a_part_is_told_with_amounts_in_one_letter(anna: Any, bo: Any, program: Any, now: Any, letters: Any) -> None:
    give(anna, 1250, now)
    pot = program.currencies.get(code="pot")
    give(anna, 860, now, currency_id=pot.pk)
    household = home(bo, anna, now=now)
    letters()
    splitting.split(
        household=household, membership_id=anna.pk, amounts={points_of(program): 1200, pot.pk: 860}, reason="r",
        now=now, by="user:1",
    )  # fmt: skip
    told = {to: (subject, text) for to, subject, text in letters()}
    assert told["anna@example.com"][0] == "Votre part de la cagnotte du foyer"
    text = told["anna@example.com"][1].replace("\u202f", " ").replace("\xa0", " ")
    assert "1 200 points, 8,60 €. Elle garde ses échéances." in text
    assert told["bo@example.com"][0] == "Anna is no longer in your household"


class TestLeaving:
    """A member with 8.60 in her pot."""

    @pytest.fixture
    def leaver(self, anna: Any, program: Any, now: Any) -> Any:
        posting.earn(
            holder_id=anna.holders.get().holder_id, currency_id=program.currencies.get(code="pot").pk, amount=860,
            key="g", now=now, actor="t",
        )  # fmt: skip
        return anna

    def close(self, leaver: Any, now: Any) -> None:
        acting.close(membership_id=leaver.pk, reason="unused", now=now, by="test")

    def test_the_day_is_a_day_of_her_market_in_her_language(self, leaver: Any, now: Any, letters: Any) -> None:
        letters()
        self.close(leaver, now.replace(hour=23, minute=30))  # half past midnight in Paris
        [(_, subject, text)] = letters(now + DAY)
        assert subject == "Vous avez quitté Club démo"
        assert "jusqu’au 5 décembre 2026 : connectez-vous" in text and "2026-12" not in text
        assert "devient un bon que nous vous envoyons" in text

    @pytest.mark.parametrize(
        ("terms", "words"),
        [
            ({"pot": "grace", "grace_days": 30}, "Jusque-là, vous pouvez encore dépenser votre cagnotte"),
            ({"pot": "forfeit"}, "Ce que contient alors votre cagnotte est perdu."),
            ({"pot": "forfeit", "cool_off_days": 0}, "La carte ne marche plus. Ce n’était pas vous ?"),
        ],
    )
    def test_it_says_what_becomes_of_the_pot(
        self, leaver: Any, program: Any, now: Any, letters: Any, terms: Any, words: str
    ) -> None:
        program.settings = {**program.settings, "closing": terms}
        program.save()
        letters()
        self.close(leaver, now)
        assert words in letters()[0][2]

    def test_the_voucher_is_mailed_and_its_code_stands_in_no_row(
        self, leaver: Any, program: Any, now: Any, letters: Any
    ) -> None:
        self.close(leaver, now)
        letters()
        later = now + 14 * DAY
        assert settling.settle_due(now=later) == 1
        [(to, subject, text)] = letters(later)
        assert (to, subject) == ("anna@example.com", "Votre cagnotte Club démo est devenue un bon")
        code = text.split("Bon ", 1)[1].split(",", 1)[0]
        assert "d’une valeur de 8,60 €" in text.replace("\xa0", " ") and "jusqu’au 4 décembre 2027" in text
        assert not any(code in str(facts) for facts in Outgoing.objects.values_list("facts", flat=True))
        assert using.use(program_id=program.pk, code=code, now=later, by="t").value == 860
        assert settling.settle_due(now=later) == 0 and letters(later) == []

    def test_who_asked_to_be_forgotten_has_the_voucher_before_and_may_use_it_after(
        self, leaver: Any, program: Any, now: Any, letters: Any
    ) -> None:
        user = User.objects.create_user("anna@example.com")
        Login.objects.create(member=leaver.member, user=user, population=program.population)
        erasing.ask(member_id=leaver.member_id, reason="own", now=now, by=f"member:{leaver.public_id}")
        letters()
        settling.settle_due(now=now + erasing.COOL_OFF)
        [(_, _, text)] = letters(now + erasing.COOL_OFF)
        code = text.split("Bon ", 1)[1].split(",", 1)[0]
        gone = now + erasing.COOL_OFF + erasing.TO_TAKE
        assert erasing.erase_due(now=gone) == 1
        assert using.use(program_id=program.pk, code=code, now=gone, by="t").value == 860
