"""Records become members: created, matched, changed, late, repeated, refused; each counted once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from ledger import queries as ledger
from members import enrolment, policies
from members.models import Card, Consent, Member, Membership
from replication import ownership, report
from replication.models import Identity, Line
from tests.replication.conftest import lot, person

pytestmark = pytest.mark.django_db


def member(external_id="C1"):
    return Identity.objects.get(external_id=external_id).membership.member


def holder(external_id="C1"):
    return Identity.objects.get(external_id=external_id).membership.holders.get(until_at=None).holder_id


def balances(external_id, now):
    return {one.currency_id: one.available for one in ledger.balances(holder(external_id), now)}


def lines(run):
    return list(Line.objects.filter(run=run).values_list("line", "external_id", "outcome", "reason", "field"))


def counts(run):
    return {name: number for name, number in run.counts.items() if number}


def test_a_person_comes_whole(crm, load, now, program):
    run = load(crm, [person(
        first_name="Ida", last_name="Nord", email="Ida@Example.com", phone="06 12 34 56 78", birth_date="1980-02-03",
        language="fr", store="s1", joined_at="2019-05-04", status="suspended", member_number="IDA1",
        email_verified_at="2019-05-05T10:00:00Z",
        cards=[{"number": "C0001", "issued_at": "2019-05-04"}, {"number": "C0002", "status": "blocked"}],
        lots=[lot(expires_on="2027-02-28"), lot("L2", "12.50", currency="pot")],
        consents=[{"purpose": "marketing", "channel": "email", "granted": True, "wording": "v1", "at": "2020-01-01"}],
    )])  # fmt: skip
    assert counts(run) == {"created": 1}
    ida = member()
    assert (ida.first_name, ida.email, ida.phone, ida.birth_date) == (
        "Ida", "ida@example.com", "+33612345678", date(1980, 2, 3),
    )  # fmt: skip
    membership = Membership.objects.get(member=ida)
    assert (membership.number, membership.status, membership.channel) == ("IDA1", "suspended", "replication")
    assert membership.home_store.code == "s1" and membership.joined_at == datetime(2019, 5, 3, 22, tzinfo=UTC)
    assert set(membership.cards.values_list("number", "status")) == {("C0001", "active"), ("C0002", "blocked")}
    assert membership.cards.get(number="C0001").issued_at == datetime(2019, 5, 3, 22, tzinfo=UTC)
    assert Consent.objects.get(member=ida).at == datetime(2019, 12, 31, 23, tzinfo=UTC)
    points, pot = (program.currencies.get(code=code).pk for code in ("points", "pot"))
    assert balances("C1", now) == {points: 500, pot: 1250}
    [row] = ledger.lots(holder(), [points], now)
    assert (row.occurred_on, row.expires_at) == (date(2026, 3, 1), datetime(2027, 2, 28, 23, tzinfo=UTC))
    told = report.of(run)
    assert told.adds_up and [(one.currency, one.said, one.here, one.booked) for one in told.points] == [
        ("points", 500, 500, 500), ("pot", 1250, 1250, 1250),
    ]  # fmt: skip


def test_the_same_file_again_changes_nothing(crm, load, now, program):
    sent = [person(first_name="Ida", lots=[lot()]), person("C2", first_name="Olu")]
    load(crm, sent)
    again = load(crm, sent)
    assert counts(again) == {"repeated": 2} and report.of(again).adds_up
    assert Member.objects.count() == 2 and list(balances("C1", now).values()) == [500]


def test_versions_decide_and_not_the_order_of_arrival(crm, load):
    load(crm, [person(version=5, first_name="Ida")])
    assert counts(load(crm, [person(version=4, first_name="Eda")])) == {"late": 1}
    assert member().first_name == "Ida"
    assert counts(load(crm, [person(version=6, first_name="Ada")])) == {"changed": 1}
    assert member().first_name == "Ada"
    run = load(crm, [person(version=6, first_name="Uda")])
    assert lines(run) == [(1, "C1", "refused", "DifferentContent", "version")]
    assert member().first_name == "Ada"


def test_several_records_of_one_person_in_one_file(crm, load):
    run = load(crm, [person(version=2, first_name="B"), person(version=1, first_name="A"), person(version=3)])
    assert counts(run) == {"created": 1, "late": 1, "unchanged": 1}
    assert member().first_name == "B"


def test_what_is_not_said_stays_and_what_is_empty_goes(crm, load):
    load(crm, [person(first_name="Ida", phone="+33612345678")])
    load(crm, [person(version=2, first_name="Ada")])
    assert member().phone == "+33612345678"
    load(crm, [person(version=3, phone="")])
    assert member().phone == "" and member().first_name == "Ada"


def test_a_refused_record_names_its_line_and_spares_its_neighbours(crm, load, now, program):
    enrolment.enrol(program=program, channel="store", now=now, by="test", card_number="TAKEN1",
                    email="ida@example.com", email_verified_at=now)  # fmt: skip
    run = load(crm, [
        person("C1", first_name="Ida"),
        person("C2", email="no address"),
        person("C3", version="new"),
        person("C4", birth_date="2020-01-01"),
        person("C5", store="nowhere"),
        person("C6", lots=[lot("L1", -5)]),
        person("C7", lots=[lot("L1", currency="gold")]),
        person("C8", tier="gold"),
        person("C9", colour="red"),
        person("C10", cards=[{"number": "X0001"}]),
        person("C11", cards=[{"number": "x0001"}]),
        person("C12", first_name="Olu"),
    ])  # fmt: skip
    assert counts(run) == {"created": 3, "refused": 9}
    assert lines(run) == [
        (3, "C3", "refused", "InvalidField", "version"),
        (6, "C6", "refused", "InvalidField", "lots.amount"),
        (7, "C7", "refused", "InvalidField", "lots.currency"),
        (9, "C9", "refused", "InvalidField", "colour"),
        (2, "C2", "refused", "InvalidContact", "email"),
        (4, "C4", "refused", "TooYoung", "birth_date"),
        (5, "C5", "refused", "NotOffered", "store"),
        (8, "C8", "refused", "UnknownStep", "tier"),
        (11, "C11", "refused", "CardTaken", "cards.number"),
    ]
    assert report.of(run).adds_up


def test_somebody_who_is_here_is_matched_by_card_and_not_made_twice(crm, load, now, program):
    here = enrolment.enrol(program=program, channel="store", now=now, by="test", card_number="C0001")
    sent = person(first_name="Ida", cards=[{"number": "C0001"}], lots=[lot()])
    run = load(crm, [sent, person("C2", cards=[{"number": "C0001"}])])
    assert counts(run) == {"matched": 1, "refused": 1}
    assert lines(run) == [(2, "C2", "refused", "CardTaken", "cards.number")]
    assert Identity.objects.get().membership == here and member().first_name == "Ida"
    assert list(balances("C1", now).values()) == [500]


def test_a_lot_is_corrected_by_the_difference_and_never_opened_twice(crm, load, now):
    load(crm, [person(lots=[lot(), lot("L2", 100, expires_on="2026-12-31")])])
    more = load(crm, [person(version=2, lots=[lot(amount=650)])])
    assert counts(more) == {"changed": 1} and more.points != {} and list(balances("C1", now).values()) == [750]
    less = load(crm, [person(version=3, lots=[lot(amount=50)])])
    assert list(balances("C1", now).values()) == [150]
    [points] = report.of(less).points
    assert (points.corrected, points.asserted, points.booked) == (-600, 150, 150)
    left = {(row.expires_at is None, row.remaining) for row in ledger.lots(holder(), [_id("points")], now)}
    assert left == {(True, 50), (False, 100)}, "what is taken back leaves its own lot first"


def test_a_correction_below_what_was_spent_is_refused_whole(crm, load, now):
    from ledger import posting

    load(crm, [person(first_name="Ida", lots=[lot(amount=500)])])
    posting.spend(holder_id=holder(), currency_id=_id("points"), amount=450, key="k", now=now, actor="test")
    run = load(crm, [person(version=2, first_name="Ada", lots=[lot(amount=100)]), person("C2", first_name="Olu")])
    assert counts(run) == {"created": 1, "refused": 1}
    assert lines(run) == [(1, "C1", "refused", "InsufficientPoints", "lots.amount")]
    assert member().first_name == "Ida" and list(balances("C1", now).values()) == [50]


def _id(code):
    from programs.models import Currency

    return Currency.objects.get(code=code).pk


def test_a_lot_of_somebody_else_is_refused(crm, load):
    load(crm, [person(lots=[lot()])])
    run = load(crm, [person("C2", lots=[lot()])])
    assert lines(run) == [(1, "C2", "refused", "LotTaken", "lots.id")]


def test_no_plan_goes_through_a_base_for_one_person(crm, load):
    """Statistics of a new system say that it has nobody: an index that begins with it would be taken for everything."""
    load(crm, [person(lots=[lot()])])
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_seqscan') || current_setting('enable_hashjoin')")
        assert cursor.fetchone() == ("offoff",), "until this transaction ends"
        cursor.execute(
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
            " AND a.attnum = i.indkey[0] WHERE a.attname IN ('system_id', 'program_id')"
            " AND i.indrelid::regclass::text IN ('replication_identity', 'replication_lot', 'card')"
        )
        assert cursor.fetchall() == []


def test_cards_follow_their_state_there(crm, load):
    load(crm, [person(cards=[{"number": "C0001"}])])
    load(crm, [person(version=2, cards=[{"number": "C0001", "status": "blocked"}, {"number": "C0002"}])])
    assert dict(Card.objects.values_list("number", "status")) == {"C0001": "blocked", "C0002": "active"}
    load(crm, [person(version=3, cards=[{"number": "C0001"}])])
    assert Card.objects.get(number="C0001").status == "active"


def test_a_field_they_master_is_theirs_and_is_not_changed_at_our_doors(crm, load, program):
    crm.owners = {"phone": "ours"}
    crm.save()
    load(crm, [person(first_name="Ida", phone="+33612345678")])
    Member.objects.update(first_name="Eda", phone="+33687654321")
    load(crm, [person(version=2, first_name="Ada", phone="+33611111111")])
    assert (member().first_name, member().phone) == ("Ada", "+33687654321")
    with pytest.raises(policies.MasteredElsewhere) as refused:
        policies.check_may_change(member(), "first_name")
    assert refused.value.system == "crm" and refused.value.field == "first_name"
    assert policies.can_change(member(), "phone")


def test_ours_is_what_a_partner_brought(partner, load, program):
    load(partner, [person(first_name="Ida", email="ida@example.com")])
    assert Membership.objects.get().channel == "partner" and policies.can_change(member(), "email")
    assert ownership.owner(partner, "email") == "ours"
