"""Who may open what: every role in every scope at every address of the desk, for a thing of each scope.

The answer is 200, 302 or 405 (or 4xx words about a form) exactly where identity.roles and the grant's scope say so,
and 404 everywhere else, where nothing is written either. The rows are in tests/house/scope_rows.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import resolve, reverse

from backoffice import doors, urls
from identity import rights, staff
from identity.models import Grant, Role, User
from identity.rights import Scope
from identity.roles import ALLOWED, OF_A_STORE
from members import enrolment
from programs.models import Store
from tests.house.scope_rows import ANYWHERE, MEMBER, NOW, NOWHERE, ROWS, STORE, Place, Row

pytestmark = pytest.mark.django_db
OWN, ANOTHERS = "s1", ("s2", "u1")  # maison/FR; halles/FR and maison/US
EVERYWHERE = Scope()
SCOPES = (  # each code alone and two together, held and not held
    EVERYWHERE, Scope(banner="maison"), Scope(market="US"), Scope(store="s1"), Scope(store="s2"),
    Scope(banner="halles", market="US"),
)  # fmt: skip


def names() -> list[str]:
    return sorted(pattern.name for pattern in urls.urlpatterns)


def test_every_address_of_the_desk_has_a_row_and_no_row_outlives_its_address() -> None:
    missing = [name for name in names() if name not in ROWS]
    assert not missing, (
        f"no row for {', '.join(missing)}: say in tests/house/scope_rows.py which action opens it, where the thing "
        'belongs and how it is made, like "member": Row("members.see", MEMBER, member)'
    )
    assert set(ROWS) <= set(names()), "a row names an address that is gone"
    assert {row.action for row in ROWS.values()} | {row.post for row in ROWS.values()} <= {*ALLOWED, ""}


@pytest.fixture
def places(program: Any) -> dict[str, Place]:
    """A member whose home is s1, another of s2, and one of u1 in the other market, in a program with a ladder."""
    from tests.backoffice.test_floors import LADDER
    from tiers import ladders
    from tiers.terms import Tiers

    ladders.put(program=program, document=Tiers.model_validate(LADDER), now=NOW, by="test")
    made = {}
    for store in Store.objects.filter(code__in=(OWN, *ANOTHERS)).select_related("banner"):
        membership = enrolment.enrol(
            program=program, channel="web", now=NOW, by="test", first_name=store.code, market_code=store.market_code,
            store=store, email=f"{store.code}@example.com",
        )  # fmt: skip
        made[store.code] = Place(program, store, membership)
    return made


@contextmanager
def undone() -> Iterator[None]:
    """Whatever was written in here was not."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(user: Any, path: str, method: str, data: dict[str, str] | None = None) -> int:
    """The status an address answers with. What middleware would add is added here: this runs thousands of times."""
    request: Any = getattr(RequestFactory(), method.lower())(path, data)
    request.user, request.session = user, SessionBase()
    request.session["messages"] = []
    request._messages = CookieStorage(request)
    request.program, request.htmx = None, SimpleNamespace(target=None, boosted=False, __bool__=lambda self: False)
    request.resolver_match = match = resolve(path)
    try:
        with undone():
            return int(match.func(request, *match.args, **match.kwargs).status_code)
    except Http404:
        return 404


def person(role: str, scope: Scope) -> User:
    user = User(pk=9_000_000, email="matrix@example.com", is_active=True)
    user._held_grants = ([Grant(role=role, banner_code=scope.banner, market_code=scope.market, store_code=scope.store)]
                         if role else [])  # fmt: skip
    return user


def expected(user: User, row: Row, action: str, place: Place) -> bool:
    """What identity.roles and the scope of the grant say, told from their own words."""
    if not user._held_grants or row.kind == NOWHERE:
        return False
    [grant] = user._held_grants
    if action and Role(grant.role) not in ALLOWED[action]:
        return False
    own = [grant.banner_code, grant.market_code, grant.store_code]
    if row.kind == ANYWHERE:
        return True
    if row.kind in (MEMBER, STORE):
        its = [place.store.banner.code, place.store.market_code, place.store.code]
        return all(not mine or mine == theirs for mine, theirs in zip(own, its, strict=True))
    return not any(own)


def persons(row: Row, code: str) -> Iterator[User]:
    """Who asks about the thing of that store: one role that has the action in every scope; the others of them where it
    holds and where it does not; and about the first thing, nobody at all and who has the action nowhere.

    That every role means the same scope everywhere else is asked of the rights themselves, below."""
    roles = [role for role in Role if not row.action or role in ALLOWED[row.action]]
    for role in roles:
        some = {OWN: (Scope(store=OWN), Scope(store="s2")), "s2": (Scope(store=OWN),)}.get(code, ())
        if role not in OF_A_STORE and code == OWN:
            some = (EVERYWHERE, Scope(store="s2"))
        scopes = SCOPES if role == roles[-1] else some
        yield from (person(role, scope) for scope in scopes if role not in OF_A_STORE or scope.store)
    if code == OWN:
        yield person("", EVERYWHERE)
        others = [role for role in Role if role not in roles]
        yield from (person(role, Scope(store="s1") if role in OF_A_STORE else EVERYWHERE) for role in others)


def test_every_role_has_every_action_in_its_scopes_and_nowhere_else(places: dict[str, Place]) -> None:
    for place in places.values():
        there = Scope(place.store.banner.code, place.store.market_code, place.store.code)
        for action in ALLOWED:
            for role, scope in product(Role, SCOPES):
                user = person(role, scope)
                assert rights.may(user, action, there) is expected(user, Row(action, MEMBER), action, place), (
                    action, role, scope, there,
                )  # fmt: skip


@pytest.fixture
def quick_desks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a desk is about, its program and markets, is read once for each role and scope, not thousands of times."""
    made: dict[str, Any] = {}
    real = doors._desk_of

    def desk_of(request: Any) -> Any:
        key = str([(grant.role, grant.banner_code, grant.market_code, grant.store_code)
                   for grant in request.user._held_grants])  # fmt: skip
        if key not in made:
            made[key] = real(request)
        return replace(made[key], user=request.user, page=request.resolver_match.url_name, opened=set())

    monkeypatch.setattr(doors, "_desk_of", desk_of)
    monkeypatch.setattr(doors, "render", lambda *_args, status=200, **_more: HttpResponse(status=status))


def answers(user: User, row: Row, path: str, place: Place) -> Iterator[str]:
    """What is wrong at this address for this person, a line each."""
    who = f"{[str(grant) for grant in user._held_grants]} at {path} of {place.store.code}"
    opens = expected(user, row, row.action, place)
    shown = ask(user, path, "GET")
    if opens and shown not in (200, 302, 405) or not opens and shown not in (404, 405):
        yield f"GET {who}: {shown}, and {'may' if opens else 'may not'}"
    acts = opens and expected(user, row, row.post or row.action, place)
    if acts and shown != 405:
        return  # what a POST does is the business of the tests of each page
    done = ask(user, path, "POST", row.data)
    if done != 405 and (done == 404) == acts:
        yield f"POST {who}: {done}, and {'may' if acts else 'may not'}"
    if not acts and (shown, done) == (405, 405):
        yield f"{who}: neither GET nor POST says 404"


def test_an_address_opens_for_whom_it_is_meant_and_answers_404_to_everybody_else(
    places: dict[str, Place], quick_desks: None
) -> None:
    User.objects.create(pk=9_000_000, email="matrix@example.com")
    wrong: list[str] = []
    for name, row in ROWS.items():
        for code in (OWN, *ANOTHERS) if row.kind in (MEMBER, STORE) else (OWN,):
            path = reverse(f"backoffice:{name}", kwargs=row.make(places[code]))
            for user in persons(row, code):
                wrong += answers(user, row, path, places[code])
    assert wrong == []


def test_the_matrix_sees_a_page_that_forgets_to_ask(places: dict[str, Place], monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a page that opens the member whoever asks."""
    monkeypatch.setattr(doors, "render", lambda *_args, status=200, **_more: HttpResponse(status=status))
    User.objects.create(pk=9_000_000, email="matrix@example.com")
    path = reverse("backoffice:member", kwargs=ROWS["member"].make(places["s2"]))
    stranger = person(Role.STORE_STAFF, Scope(store="s1"))
    assert list(answers(stranger, ROWS["member"], path, places["s2"])) == []
    monkeypatch.setattr(rights, "scopes", lambda user, action: [EVERYWHERE])
    assert len(list(answers(stranger, ROWS["member"], path, places["s2"]))) == 1


def test_a_superuser_opens_everything_and_who_is_switched_off_nothing(places: dict[str, Place], now: Any) -> None:
    user = staff.create_staff("root@example.com", "Root", [], now=now, by="test", superuser=True)
    path = reverse("backoffice:member", kwargs=ROWS["member"].make(places["s1"]))
    assert rights.scopes(user, "members.see") == [EVERYWHERE]
    user.is_active = False
    assert rights.scopes(user, "members.see") == []
    assert ask(user, path, "GET") == 404
