"""What staff find and see: one box, within their scopes, within one program; and never through a login."""

from datetime import date
from time import perf_counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from identity.models import User
from identity.rights import EVERYWHERE, Scope
from members import duplicates, enrolment, models, naming, queries, searching, spelling
from members.consents import Answer
from members.enrolment import Newcomer

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(program, now):
    """Camille of store s1, Hélène of s2, Jean-Pierre of the market US, and Wu Li of nowhere."""
    said = [
        Newcomer("store", "Camille", "Dupont", email="camille@example.org", phone="0639982148", store_code="s1",
                 card_number="PLASTIC-77", birth_date=date(1985, 4, 3)),
        Newcomer("store", "Hélène", "O’Brien-Núñez", store_code="s2", member_number="MEM-42"),
        Newcomer("store", "Jean-Pierre", "Martin", store_code="u1", phone="+12125552368"),
        Newcomer("web", "Wu", "Li", email="wu@example.org", card_number="2818749812",
                 member_number="373000000000000018"),
    ]  # fmt: skip
    ids = enrolment.enrol_many(program, said, now, "system")
    return dict(zip(("camille", "helene", "jp", "wu"), ids, strict=True))


def found(text, program, scopes=(EVERYWHERE,), **options):
    return [hit.membership.pk for hit in queries.search(text, program=program, scopes=list(scopes), **options)]


@pytest.mark.parametrize(
    ("text", "who", "by"),
    [
        ("plastic 77", "camille", "card"),
        ("PLASTIC-77", "camille", "card"),
        ("mem42", "helene", "number"),
        ("06 39 98 21 48", "camille", "phone"),
        ("+33 6 39 98 21 48", "camille", "phone"),
        ("(212) 555-2368", "jp", "phone"),
        (" Camille@Example.ORG ", "camille", "email"),
        ("dupont", "camille", "name"),
        ("Dupont Camille", "camille", "name"),
        ("dup", "camille", "name"),
        ("helene", "helene", "name"),
        ("obrien nunez", "helene", "name"),
        ("O'Brien", "helene", "name"),
        ("jean pierre", "jp", "name"),
        ("wu li", "wu", "name"),
        ("li", "wu", "name"),
        ("dupnot", "camille", "name"),
        ("camile dupond", "camille", "name"),
        ("héllène", "helene", "name"),
        ("marttin", "jp", "name"),
        ("jeanpierre martin", "jp", "name"),
        ("kamill", "camille", "name"),
        ("camille marguerite dupont", "camille", "name"),
        ("dipont k", "camille", "name"),
        ("]C1MEM-42", "helene", "number"),
        ("dupond 03/04/1985", "camille", "name"),
        ("1985-04-03", "camille", "name"),
        ("é_&_è'ç_&é", "wu", "card"),
        ("]C1(8018)373000000000000018", "wu", "number"),
    ],
)
def test_the_box_finds_them_by_anything(program, people, text, who, by):
    hits = queries.search(text, program=program, scopes=[EVERYWHERE])
    assert (hits[0].membership.pk, hits[0].by, hits[0].exact) == (people[who], by, by != "name")


@pytest.mark.parametrize(
    "text",
    ["", "   ", "zzzzzz", "%", "_", "%%%%", "\x00", "'; DROP TABLE member; --", "@", "a@", "😀", "x" * 10_000, "\\"],
)
def test_what_nobody_is_called_finds_nobody(program, people, text):
    assert found(text, program) == []


@pytest.mark.parametrize(
    ("scope", "visible"),
    [
        (EVERYWHERE, {"camille", "helene", "jp", "wu"}),
        (Scope(banner="maison"), {"camille", "jp"}),
        (Scope(market="FR"), {"camille", "helene", "wu"}),
        (Scope(banner="maison", market="FR"), {"camille"}),
        (Scope(store="s2"), {"helene"}),
        (Scope(store="elsewhere"), set()),
    ],
)
def test_staff_find_and_open_what_is_in_their_scope_and_nothing_else(program, people, scope, visible):
    asked = {
        "camille": ["camille@example.org", "plastic77", "dupnot"],
        "helene": ["mem42", "obrien"],
        "jp": ["+12125552368"],
    }
    for who, texts in asked.items():
        for text in texts:
            assert found(text, program, [scope]) == ([people[who]] if who in visible else []), (text, scope)
    for who, pk in people.items():
        row = models.Membership.objects.get(pk=pk)
        seen = queries.by_public_id(program, row.public_id, [scope])
        assert (seen is not None) is (who in visible)
        assert scope.covers(queries.scope_of(row)) is (who in visible)
    assert found("dupont", program, []) == []


def test_scopes_add_up(program, people):
    scopes = [Scope(store="s1"), Scope(market="US")]
    assert {pk for text in ("camille", "martin", "helene") for pk in found(text, program, scopes)} == {
        people["camille"], people["jp"],
    }  # fmt: skip


def test_a_search_that_takes_too_long_ends_and_says_so(program, people, monkeypatch):
    def sleep(cursor, *_key, **_options):
        cursor.execute("SELECT pg_sleep(20)")

    monkeypatch.setattr(searching, "LONGEST_MS", "20")
    monkeypatch.setattr(naming, "named", sleep)
    with pytest.raises(searching.TooMany):
        found("dupont", program)
    monkeypatch.undo()
    assert found("dupont", program) == [people["camille"]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('enable_seqscan')")
        assert cursor.fetchone() == ("0", "on")


def test_a_name_everybody_has_is_found_within_a_narrow_scope(program, people, now, monkeypatch):
    monkeypatch.setattr(naming, "NAMES_OF_NARROW_SCOPES", 3)
    crowd = [Newcomer("store", f"N{n}", "Durand", store_code="s1") for n in range(6)]
    last = enrolment.enrol_many(program, [*crowd, Newcomer("store", "Zoe", "Durand", store_code="s2")], now, "system")
    assert found("durand", program, [Scope(store="s2")]) == [last[-1]]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [("martin", "mratin", True), ("martin", "matin", True), ("martin", "marttin", True), ("martin", "mertin", True),
     ("martin", "amrtin", True), ("martin", "martni", True), ("martin", "martin", True), ("martin", "mtrain", False),
     ("martin", "marten", True), ("ab", "ba", True), ("martin", "marinet", False), ("aa", "a", True)],
)  # fmt: skip
def test_one_slip_apart(one, other, near):
    assert spelling.one_slip_apart(one, other) is near
    assert spelling.one_slip_apart(other, one) is near


@pytest.mark.parametrize(
    ("heard", "written"),
    [("filipe", "philippe"), ("goto", "gauthaud"), ("reno", "renault"), ("renaud", "reynault"), ("lefevre", "lefaivre"),
     ("katerine", "catherine"), ("durent", "durand"), ("shevalier", "chevallier"), ("isabel", "ysabelle")],
)  # fmt: skip
def test_what_sounds_alike_has_one_sound(heard, written):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name_sound(%s), name_sound(%s)", [heard, written])
        one, other = cursor.fetchone()
    assert one == other


def test_another_program_and_another_population_stay_unseen(program, other_program, sister_program, people, now):
    twin = enrolment.enrol(
        program=other_program, channel="store", now=now, by="system", first_name="Camille", last_name="Dupont",
        email="camille@example.org", phone="0639982148", card_number="PLASTIC77",
    )  # fmt: skip
    for text in ("camille@example.org", "plastic77", "0639982148", "dupont", "dupnot"):
        assert found(text, program) == [people["camille"]]
        assert found(text, other_program) == [twin.pk]
        assert found(text, sister_program) == []
    assert queries.by_public_id(program, twin.public_id, [EVERYWHERE]) is None


def test_no_query_of_staff_screens_touches_a_login(program, other_program, people, now):
    user = User.objects.create_user("both@example.org")
    here, there = (
        enrolment.enrol(program=one, channel="web", now=now, by="system", first_name="Both", user_id=user.pk)
        for one in (program, other_program)
    )
    with CaptureQueriesContext(connection) as captured:
        for text in ("both", "both@example.org", here.number, "bohtt", "0639982148"):
            queries.search(text, program=program, scopes=[EVERYWHERE, Scope(store="s1")])
        row = queries.by_public_id(program, here.public_id, [EVERYWHERE])
        queries.glance(row)
        queries.holders_by_market(program.pk)
        duplicates.likely(program=program, first_name="Both", email="both@example.org", phone="0639982148")
    statements = " ".join(query["sql"] for query in captured).lower()
    assert statements.count("select") > 20
    assert "member_login" not in statements
    assert "identity_user" not in statements
    with CaptureQueriesContext(connection) as captured:
        assert queries.member_of(user, program) == here
        assert queries.member_of(user, other_program) == there
    assert "member_login" in captured[0]["sql"]


def test_member_of_follows_only_a_persons_own_login(program, sister_program, people, now):
    from django.contrib.auth.models import AnonymousUser

    user, other = (User.objects.create_user(f"{name}@example.org") for name in ("user", "other"))
    mine = enrolment.enrol(program=program, channel="web", now=now, by="system", user_id=user.pk)
    assert queries.member_of(user, program) == mine
    assert queries.member_of(user, sister_program) is None
    assert queries.member_of(other, program) is None
    assert queries.member_of(AnonymousUser(), program) is None
    models.Membership.objects.filter(pk=mine.pk).update(status="closed")
    assert queries.member_of(user, program) is None


def test_a_glance_is_the_same_few_statements_whatever_there_is(program, people, now, django_assert_num_queries):
    row = queries.by_public_id(program, models.Membership.objects.get(pk=people["camille"]).public_id, [EVERYWHERE])
    from members import cards, consents

    for n in range(5):
        cards.bind(membership=row, number=f"MORE{n}", now=now, by="user:1")
        answers = [Answer("marketing", "email", n % 2 == 0, f"v{n}"), Answer("marketing", "sms", False, f"v{n}")]
        consents.record(member_id=row.member_id, answers=answers, source="phone", now=now, by="user:1")
    with django_assert_num_queries(3):
        seen = queries.glance(row)
    assert [card.number for card in seen.cards][-1] == "PLASTIC77"
    assert [(one.channel, one.granted, one.wording) for one in seen.consents] == [
        ("email", True, "v4"), ("sms", False, "v4"),
    ]  # fmt: skip
    assert seen.holder_id == row.holders.get().holder_id


def test_a_list_costs_the_same_for_ten_and_for_twenty(program, now):
    def costs(count):
        with CaptureQueriesContext(connection) as captured:
            hits = queries.search("namesake", program=program, scopes=[EVERYWHERE], limit=count)
            for hit in hits:
                assert hit.membership.member.last_name == "Namesake"
                assert [card.number for card in hit.membership.cards.all()]
        assert len(hits) == count
        return len(captured)

    enrolment.enrol_many(program, [Newcomer("store", f"N{n}", "Namesake") for n in range(25)], now, "system")
    assert costs(10) == costs(20)


def test_holders_by_market(program, people):
    everyone = queries.holders_by_market(program.pk)
    assert {market: len(holders) for market, holders in everyone.items()} == {"FR": 3, "US": 1}


def test_likely_duplicates_say_why(program, other_program, people, now):
    models.Member.objects.filter(first_name="Hélène").update(birth_date=date(1980, 3, 3))
    likely = duplicates.likely(
        program=program, first_name="Helen", last_name="Obrien Nunez", birth_date=date(1980, 3, 3),
        email="CAMILLE@example.org", phone="06.39.98.21.48", country="FR",
    )  # fmt: skip
    assert [(one.first_name, one.why) for one in likely] == [("Camille", ("email", "phone")), ("Hélène", ("name",))]
    assert likely[0].membership.home_store.code == "s1"
    assert duplicates.likely(program=program, first_name="Helen", last_name="Obrien Nunez") == []
    assert duplicates.likely(program=program, email="cam", phone="06") == []
    assert duplicates.likely(program=program) == []
    assert duplicates.likely(program=other_program, email="camille@example.org", phone="0639982148", country="FR") == []


def count_rows_as_another_sees_them(owner_cursor, *tables):
    """What autovacuum may do at any moment: statistics that say tables are empty, while the rows are being written."""
    for table in tables:
        owner_cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


FIRST = [
    "marie",
    "jean",
    "lea",
    "hugo",
    "ines",
    "louis",
    "camille",
    "paul",
    "sofia",
    "marc",
    "zoe",
    "noah",
    "anne",
    "luc",
]
LAST = ["martin", "bernard", "dubois", "thomas", "robert", "petit", "durand", "leroy", "moreau", "simon", "laurent"]


def test_the_box_answers_at_once_among_many(program, now, owner_cursor):
    """8,000 people with the names everybody has: a bound for a busy machine; a join gone wrong takes ten times it."""
    people = [
        Newcomer(
            "store", FIRST[n % 14].title(), f"{LAST[n % 11].title()}{LAST[(n // 154) % 11]}{n % 997}", store_code="s1"
        )
        for n in range(8_000)
    ]
    enrolment.enrol_many(program, people, now, "system")
    count_rows_as_another_sees_them(
        owner_cursor, "member", "membership", "member_name_word", "card", "membership_holder"
    )
    taken = []
    for text in ("marie", "martin", "camile durrand", "jean dubois5", "sofia leroypetit", "nooah petit", "zz martin"):
        started = perf_counter()
        queries.search(text, program=program, scopes=[EVERYWHERE])
        taken.append(perf_counter() - started)
    assert sorted(taken)[len(taken) // 2] < 1, taken
