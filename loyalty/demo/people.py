"""The demo's people: households as members, and logins for a member, a cashier, an agent and two marketers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress

from identity import staff
from identity.models import Role, User
from identity.rights import Scope
from loyalty.demo.journey_data import Household
from members import accepting, enrolment
from members.models import Login, Member, Membership
from members.newcomers import Newcomer
from programs.models import Program

ACTOR = "command:demo"
MEMBER = "member@example.com"


@dataclass(frozen=True)
class SignIn:
    """Who can sign in, where, and what for."""

    role: str
    email: str
    path: str


SIGN_INS = (
    SignIn("member", MEMBER, "/fidelio/"),
    SignIn("cashier", "cashier@example.com", "/desk/"),
    SignIn("call-centre agent", "agent@example.com", "/desk/"),
    SignIn("marketer", "marketing@example.com", "/admin/"),
    SignIn("second marketer", "marketing-two@example.com", "/admin/"),
    SignIn("administrator", "admin@example.com", "/admin/"),
)


def enrol_households(program: Program, households: Sequence[Household], *, joined_at: datetime, now: datetime) -> int:
    """Enrol those that are not members yet; return how many were."""
    known = set(Membership.objects.filter(program=program).values_list("number", flat=True))
    rows = [
        Newcomer(
            channel="store",
            first_name=one.first_name,
            last_name=f"Household {one.household}",
            market_code="US",
            card_number=one.card,
            member_number=one.number,
            joined_at=joined_at,
            language="en",
        )  # fmt: skip
        for one in households
        if one.number not in known
    ]
    if rows:
        enrolment.enrol_many(program, rows, now, ACTOR)
    return len(rows)


def have_logins() -> bool:
    """Whether an earlier start made them; they are made last, so then all of them are there."""
    return Login.objects.filter(user__email=MEMBER).exists()


def give_logins(program: Program, member_number: str, password: str, *, now: datetime) -> None:
    """Make every sign-in of SIGN_INS, with one password; the member's is the member of that number."""
    store = _busiest_store(program)
    roles = {
        "cashier@example.com": ("Chris", [(Role.STORE_STAFF, Scope(store=store))], False, False),
        "agent@example.com": ("Sofia", [(Role.CALL_CENTRE, Scope())], False, False),
        "marketing@example.com": ("Maud", [(Role.MARKETING, Scope())], True, False),
        "marketing-two@example.com": ("Malik", [(Role.MARKETING, Scope())], True, False),
        "admin@example.com": ("Alex", [(Role.ADMINISTRATOR, Scope())], True, True),
    }
    for email, (name, scoped, admin, superuser) in roles.items():
        staff.create_staff(
            email, name, scoped, now=now, by=ACTOR, admin=admin, superuser=superuser, password=password, proven=True
        )
    _give_member_login(program, member_number, password, now)


def _busiest_store(program: Program) -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT store.code FROM activity JOIN store ON store.id = activity.store_id"
            " GROUP BY store.code ORDER BY count(*) DESC, store.code LIMIT 1"
        )
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _give_member_login(program: Program, number: str, password: str, now: datetime) -> None:
    member = Member.objects.get(memberships__program=program, memberships__number=number)
    user = User.objects.filter(email=MEMBER).first() or User.objects.create_user(MEMBER)
    user.set_password(password)
    user.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(user=user, email=MEMBER, defaults={"verified": True, "primary": True})
    Login.objects.get_or_create(member=member, defaults={"user": user, "population_id": program.population_id})
    if not member.email:
        member.email = MEMBER
        member.save(update_fields=["email"])
    membership = member.memberships.get(program=program)
    accepting.accept(membership=membership, source="store", now=now, by=ACTOR)
    if membership.home_banner_id is None:  # her pages wear its colours; her favourite store changes them
        membership.home_banner = program.banners.get(code="maison")
        membership.save(update_fields=["home_banner"])
