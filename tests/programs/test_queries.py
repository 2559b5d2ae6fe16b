from programs import queries
from programs.models import Banner, ProgramHost, Store


def test_a_program_is_found_by_its_code(program):
    found = queries.program_by_code("demo")
    assert found == program
    assert {banner.code for banner in found.banners.all()} == {"maison", "halles"}


def test_what_cannot_be_a_code_is_not_asked_of_the_database(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert [queries.program_by_code(code) for code in ("", "a b", "x" * 41, "é", "a\x00", "../")] == [None] * 6
        assert [queries.program_for_host(host) for host in ("", "a\x00b", "x" * 300)] == [None] * 3


def test_a_program_is_found_by_its_host_whatever_the_case(program):
    ProgramHost.objects.create(host="Club.Example", program=program)
    assert queries.program_for_host("club.EXAMPLE") == program
    assert queries.program_for_host("club.example.") == program
    assert queries.program_for_host("other.example") is None


def test_stores_are_those_of_its_banners_in_its_markets(program, django_assert_num_queries):
    other = Banner.objects.create(code="other")
    Store.objects.create(banner=other, code="x1", market_code="FR")
    Store.objects.create(banner=Banner.objects.get(code="maison"), code="x2", market_code="PL")
    Store.objects.filter(code="u1").update(timezone="America/Chicago")
    with django_assert_num_queries(1):
        stores = queries.stores_of(program.pk)
    assert [(store.code, store.banner, store.market_code, store.timezone, store.money) for store in stores] == [
        ("s1", "maison", "FR", "Europe/Paris", "EUR"),
        ("s2", "halles", "FR", "Europe/Paris", "EUR"),
        ("u1", "maison", "US", "America/Chicago", "USD"),
    ]
    assert queries.store_by_code(program.pk, "s2").banner == "halles"
    assert queries.store_by_code(program.pk, "x1") is None


def test_markets_and_currencies_keep_their_order(program):
    assert [market.code for market in queries.markets_of(program.pk)] == ["FR", "US"]
    assert queries.market_of(program.pk, "US").currency == "USD"
    assert queries.market_of(program.pk, "PL") is None
    points, status, pot = queries.currencies_of(program.pk)
    assert (points.expiry, status.expiry, pot.money) == ({"months": 12}, None, "EUR")
