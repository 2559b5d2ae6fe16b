"""Where people live, what they like, and whose hand each change was: records bring it, the history keeps it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from members import addressing, changing, policies, preferring
from members.history import Hand
from members.models import Consent, ContactHistory, Member, Membership, PostalAddress
from replication import conflicts
from replication.models import Conflict
from tests.replication.conftest import person
from tests.replication.test_landing import counts, lines, member

pytestmark = pytest.mark.django_db
RUE = {"street": "12 rue des Lilas", "postal_code": "75011", "city": "Paris"}
QUAI = {"street": "3 quai de Loire\nBâtiment B", "postal_code": "75019", "city": "Paris"}


def lives(external_id="C1"):
    return addressing.of_member(member(external_id).pk)


def told():
    return list(ContactHistory.objects.order_by("pk").values_list("what", "before", "door", "by"))


def test_an_address_comes_moves_and_goes_and_the_history_keeps_where_it_was(crm, load):
    assert counts(load(crm, [person(first_name="Ida", address=RUE), person("C2")])) == {"created": 2}
    assert (lives().country, lives().street, lives().city) == ("FR", "12 rue des Lilas", "PARIS")
    assert lives("C2") is None and told() == []
    assert counts(load(crm, [person(version=2, address=RUE)])) == {"unchanged": 1}
    assert counts(load(crm, [person(version=3, address=QUAI), person("C2", 2, address=RUE)])) == {"changed": 2}
    assert lives().street == "3 quai de Loire\nBâtiment B" and lives("C2").postal_code == "75011"
    assert counts(load(crm, [person(version=4, first_name="Ada")])) == {"changed": 1} and lives()
    assert counts(load(crm, [person(version=5, address={})])) == {"changed": 1} and not lives()
    assert [(what, before.get("street") or before, door) for what, before, door, _by in told()] == [
        ("address", "12 rue des Lilas", "replication"),
        ("name", {"first_name": "Ida", "last_name": ""}, "replication"),
        ("address", "3 quai de Loire\nBâtiment B", "replication"),
    ]
    assert {by for *_, by in told()} == {"replication:test"}


def test_every_field_that_changes_is_kept_as_it_was(crm, load):
    load(crm, [person(first_name="Ida", email="ida@example.com", phone="+33612345678", birth_date="1980-02-03")])
    load(crm, [person(version=2, first_name="Ada", email="", phone="", birth_date="1981-02-03", language="en")])
    assert {what: before for what, before, *_ in told()} == {
        "name": {"first_name": "Ida", "last_name": ""}, "email": "ida@example.com", "phone": "+33612345678",
        "birth_date": "1980-02-03", "language": "fr",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "field"),
    [({**RUE, "postal_code": "ABC"}, "address.postal_code"), ({**RUE, "city": ""}, "address.city"),
     ({**RUE, "country": "QQ"}, "address.country"), ({"planet": "Mars"}, "address.planet"),
     ({"street": ["a"]}, "address.street"), ("12 rue", "address"), ({**RUE, "street": "<b>"}, "address.street")],
)  # fmt: skip
def test_an_address_that_cannot_be_one_is_refused_at_its_part(crm, load, address, field):
    run = load(crm, [person(address=address), person("C2", address=RUE)])
    assert lines(run) == [(1, "C1", "refused", "InvalidField", field)] and PostalAddress.objects.count() == 1


def test_columns_of_a_file_say_an_address_and_an_empty_one_says_nothing(crm, load):
    columns = "external_id,version,address_country,address_street,address_street_2,address_postal_code,address_city"
    load(crm, f"{columns}\nC1,1,FR,3 quai de Loire,Bâtiment B,75019,Paris\nC2,1,FR,,,,\n")
    assert lives().street == "3 quai de Loire\nBâtiment B" and lives("C2") is None
    assert counts(load(crm, f"{columns}\nC1,2,FR,,,,\n")) == {"unchanged": 1} and lives()


def test_a_mastered_address_is_not_changed_at_our_doors(crm, load, now):
    load(crm, [person(address=RUE)])
    hand = Hand("member:x", "web")
    with pytest.raises(policies.MasteredElsewhere):
        addressing.change(membership=Membership.objects.get(), said=None, hand=hand, now=now)
    crm.owners = {"address": "ours"}
    crm.save()
    addressing.change(membership=Membership.objects.get(), said={"country": "FR", **QUAI}, hand=hand, now=now)
    assert counts(load(crm, [person(version=2, address=RUE)])) == {"unchanged": 1}
    assert lives().postal_code == "75019"


def test_both_moved_and_staff_take_theirs(crm, load, now):
    crm.owners = {"address": "shared"}
    crm.save()
    load(crm, [person(address=RUE)])
    moved = {"country": "FR", "street": "1 rue Neuve", "postal_code": "69001", "city": "Lyon"}
    addressing.change(membership=Membership.objects.get(), said=moved, hand=Hand("member:x", "web"), now=now)
    assert counts(load(crm, [person(version=2, address=QUAI)])) == {"conflicting": 1} and lives().city == "LYON"
    asked = Conflict.objects.get()
    assert asked.field == "address" and asked.theirs == "3 quai de Loire, Bâtiment B, 75019 PARIS"
    conflicts.resolve(conflict_id=asked.pk, answer="theirs", now=now, by="user:1")
    assert lives().postal_code == "75019" and Conflict.objects.get().record is None
    assert told()[-1][0] == "address" and told()[-1][3] == "user:1"


def test_the_newest_counts_field_by_field(crm, load, now):
    """A name that we changed yesterday does not make our old phone number the newest."""
    crm.owners, crm.conflicts = {"first_name": "shared", "phone": "shared"}, "newest"
    crm.save()
    load(crm, [person(first_name="Ida", phone="+33611111111")], at=now - timedelta(days=9))
    hand, row = Hand("member:x", "web"), Membership.objects.get()
    changing.set_by_staff(membership=row, what="phone", wanted="+33622222222", hand=hand, now=now - timedelta(days=5))
    preferring.change_person(membership=row, first_name="Eda", last_name="", birth_date=None, language="", hand=hand,
                             now=now - timedelta(days=1))  # fmt: skip
    at = (now - timedelta(days=3)).isoformat()
    load(crm, [person(version=2, first_name="Ada", phone="+33633333333", changed_at=at)])
    assert (member().first_name, member().phone) == ("Eda", "+33633333333")


def test_tastes_come_with_a_person_and_are_hers_afterwards(crm, load):
    run = load(
        crm, [person(tastes=["garden", "pets"]), person("C2", tastes=["golf"]), person("C3", tastes="home; pets")]
    )
    assert lines(run) == [(2, "C2", "refused", "NotOffered", "tastes")]
    assert preferring.tastes_of(Membership.objects.get(member=member()).pk) == {"garden", "pets"}
    assert preferring.tastes_of(Membership.objects.get(member=member("C3")).pk) == {"home", "pets"}
    load(crm, [person(version=2, tastes=["home"])])
    assert preferring.tastes_of(Membership.objects.get(member=member()).pk) == {"garden", "pets"}


def test_an_answer_keeps_where_it_was_given(crm, load):
    said = {"purpose": "marketing", "channel": "email", "granted": True, "wording": "v1", "at": "2020-01-01"}
    load(crm, [person(consents=[{**said, "source": "paper"}])])
    load(crm, [person(version=2, consents=[{**said, "granted": False, "at": "2021-01-01"}])])
    assert list(Consent.objects.order_by("at").values_list("source", "granted")) == [
        ("paper", True), ("replication", False),
    ]  # fmt: skip
    assert Member.objects.count() == 1
