"""Every role, every action, every kind of scope: what the table grants and nothing else."""

from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser

from identity import rights, staff
from identity.models import Grant, Role, User
from identity.rights import EVERYWHERE, NotAllowed, Scope
from identity.roles import ALLOWED, OF_A_STORE

HERE = Scope(banner="maison", market="FR", store="s1")
THINGS = {
    "here": HERE,
    "another store of the banner": Scope("maison", "FR", "s9"),
    "same market, another banner": Scope("halles", "FR", "s2"),
    "same banner, another market": Scope("maison", "US", "u1"),
    "of no store": Scope("maison", "FR", ""),
    "of nothing": Scope(),
}
GRANTS = {
    "everywhere": (EVERYWHERE, set(THINGS)),
    "banner": (
        Scope(banner="maison"),
        {"here", "another store of the banner", "same banner, another market", "of no store"},
    ),
    "market": (
        Scope(market="FR"),
        {"here", "another store of the banner", "same market, another banner", "of no store"},
    ),
    "banner and market": (Scope("maison", "FR"), {"here", "another store of the banner", "of no store"}),
    "store": (Scope(store="s1"), {"here"}),
}


class Person:
    """What rights look at of a user."""

    is_authenticated = is_active = True
    is_superuser = False

    def __init__(self, *grants):
        self._held_grants = grants


def granted(role, scope):
    return Grant(role=role, banner_code=scope.banner, market_code=scope.market, store_code=scope.store)


@pytest.mark.parametrize(("role", "action"), list(product(Role.values, ALLOWED)))
def test_the_matrix(role, action):
    for (scope, reached), (name, thing) in product(GRANTS.values(), THINGS.items()):
        expected = role in ALLOWED[action] and name in reached
        person = Person(granted(role, scope))
        assert rights.may(person, action, thing) is expected, (role, action, scope, name)
        if expected:
            rights.check_may(person, action, thing)
        else:
            with pytest.raises(NotAllowed):
                rights.check_may(person, action, thing)


@pytest.mark.parametrize("action", ALLOWED)
def test_superusers_may_everything_and_the_closed_nothing(action):
    chief, closed = Person(), Person(granted("administrator", EVERYWHERE))
    chief.is_superuser = closed.is_superuser = True
    closed.is_active = False
    for thing in THINGS.values():
        assert rights.may(chief, action, thing)
        assert not rights.may(closed, action, thing)
        assert not rights.may(AnonymousUser(), action, thing)
        assert not rights.may(None, action, thing)
        assert not rights.may(Person(), action, thing)


def test_every_action_is_somebodys_and_every_role_does_something():
    assert all(ALLOWED.values())
    assert set().union(*ALLOWED.values()) == set(Role)


def test_an_action_nobody_declared_is_a_slip_of_ours():
    with pytest.raises(rights.UnknownAction):
        rights.may(Person(), "members.eat", HERE)


def test_nobody_who_may_publish_may_also_approve_points_or_edit_staff():
    assert not ALLOWED["rulebooks.publish"] & (ALLOWED["points.approve"] | ALLOWED["staff.edit"])


def test_scopes_are_what_lists_are_filtered_by():
    person = Person(granted("call_centre", Scope(market="FR")), granted("store_staff", Scope(store="s1")))
    assert rights.scopes(person, "members.search") == [Scope(store="s1"), Scope(market="FR")]
    assert rights.scopes(person, "members.suspend") == [Scope(market="FR")]
    assert rights.scopes(person, "audit.see") == []


@pytest.mark.django_db
def test_django_rules_answer_the_same(now):
    user = staff.invite("Sofia@Example.org", "Sofia", [("call_centre", Scope(market="FR"))], now=now, by="system")
    assert user.email == "sofia@example.org"
    assert user.has_perm("members.see", HERE)
    assert not user.has_perm("members.see", Scope(market="US"))
    assert not user.has_perm("audit.see", HERE)
    assert user.has_perm("members.see")


@pytest.mark.django_db
def test_inviting_again_replaces_the_roles_and_keeps_the_login(now, django_assert_num_queries):
    first = staff.invite("a@example.org", "A", [("marketing", Scope(banner="maison"))], now=now, by="user:1")
    again = staff.invite("A@example.org", "Anna", [("auditor", EVERYWHERE)], now=now, by="user:1")
    assert first.pk == again.pk
    assert rights.scopes(again, "audit.see") == [EVERYWHERE]
    assert rights.scopes(again, "rulebooks.publish") == []
    with django_assert_num_queries(1):
        user = User.objects.get(pk=again.pk)
    with django_assert_num_queries(1):
        for action in ALLOWED:
            rights.may(user, action, HERE)


@pytest.mark.django_db
def test_whoever_is_dismissed_may_nothing(now):
    user = staff.create_staff(
        "b@example.org", "B", [("administrator", EVERYWHERE)], now=now, by="system", superuser=True, password="x" * 12
    )
    staff.dismiss(user, now=now, by="system")
    user = User.objects.get(pk=user.pk)
    assert not any(rights.may_anywhere(user, action) for action in ALLOWED)
    assert not user.grants.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "name", "roles", "named"),
    [
        ("nobody", "N", [], "nobody"),
        ("n@example.org", " ", [], "name"),
        ("n@example.org", "N", [("king", EVERYWHERE)], "king"),
        *[("n@example.org", "N", [(role, Scope(banner="maison"))], "store") for role in sorted(OF_A_STORE)],
    ],
)
def test_what_cannot_be_given_is_refused_by_name(now, email, name, roles, named):
    with pytest.raises(staff.InvalidStaff, match=named):
        staff.invite(email, name, roles, now=now, by="system")
    assert not User.objects.exists()
