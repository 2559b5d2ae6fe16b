"""Who works at the desk: the person, what she may do, the program she works on, whom she opened last.

A page asks for one action; whoever may do it nowhere is answered 404. What belongs to a banner, market or store is
checked again where it is read (`backoffice.queries`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit import access
from identity import rights, tills
from members import queries as members
from members.models import Membership
from programs import queries as programs
from programs.queries import Market
from values import texts
from web import banners, context
from web.formats import Formats

PROGRAM_KEY = "desk_program"
RECENT_KEY = "desk_recent"
RECENTS = 5

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Choice:
    code: str
    name: str


@dataclass(frozen=True)
class Recent:
    public_id: str
    name: str
    number: str
    card_number: str


@dataclass(frozen=True)
class Desk:
    """One person of staff at one program, at one moment.

    `page` and `purpose` are what the access log is told; `opened` are the memberships this request has told it of.
    """

    user: Any
    name: str
    role: str
    program: Any
    programs: list[Choice]
    recents: list[Recent]
    market: Market
    now: datetime
    may_search: bool
    may_enrol: bool
    may_see_imports: bool
    may_see_replication: bool
    may_till: bool
    may_stock: bool
    may_see_quarantine: bool
    may_see_cases: bool
    may_approve: bool
    may_see_opinions: bool
    may_invite: bool
    may_see_access: bool
    may_see_fraud: bool
    at_till: str
    page: str
    purpose: str
    opened: set[int]

    @property
    def program_code(self) -> str:
        return str(self.program.code)

    @property
    def actor(self) -> str:
        """How the audit trail names her."""
        return f"user:{self.user.pk}"

    @property
    def formats(self) -> Formats:
        return context.formats_of(
            self.now, market=self.market.code, zone=self.market.timezone, currency=self.market.currency
        )

    @property
    def look(self) -> banners.Look:
        """How the program's cards look; the desk itself wears Fidelio's colours."""
        return banners.of_program(self.program)

    def may(self, action: str, scope: rights.Scope) -> bool:
        return rights.may(self.user, action, scope)

    def duties(self) -> Any:
        """How much waits for her (backoffice.duties): asked by the menu, once for each page."""
        from backoffice import duties

        return duties.of(self)


def for_staff(action: str = "", *, whole: bool = False) -> Callable[[View], View]:
    """A page of staff: `view(request, desk, ...)`. Without `action` any right at all opens it.

    `whole`: what the page shows belongs to no banner, market or store, so a right within one of them is not enough.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                if tills.till_of(request):
                    return redirect("backoffice:switch")
                return redirect_to_login(request.get_full_path(), resolve_url("account_request_login_code"))
            if not _is_staff(request.user) or (action and not _opens(request.user, action, whole)):
                raise Http404
            return view(request, _desk_of(request), *args, **kwargs)

        return guarded

    return guard


def page(request: HttpRequest, template: str, desk: Desk, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Answer with a page of the desk, in the formats of the program's home market."""
    return render(
        request, template, {"desk": desk, "formats": desk.formats, "look": banners.FIDELIO, **values}, status=status
    )


def remember(request: HttpRequest, public_id: str) -> None:
    """Put a member first among the recents of this session."""
    before = [one for one in request.session.get(RECENT_KEY, []) if one != public_id]
    request.session[RECENT_KEY] = [public_id, *before][:RECENTS]


def _opens(user: Any, action: str, whole: bool) -> bool:
    return rights.may(user, action, rights.EVERYWHERE) if whole else rights.may_anywhere(user, action)


def _is_staff(user: Any) -> bool:
    return bool(user.is_superuser or rights.grants_of(user))


def _desk_of(request: HttpRequest) -> Desk:
    user: Any = request.user
    language = get_language() or "en"
    every = list(programs.programs())
    chosen = request.session.get(PROGRAM_KEY)
    program = next((one for one in every if one.code == chosen), every[0] if every else None)
    markets = programs.markets_of(program.pk) if program else []
    if program is None or not markets:
        raise Http404
    profile = getattr(user, "staff", None)
    grant = next(iter(rights.grants_of(user)), None)
    page_name = (request.resolver_match.url_name if request.resolver_match else None) or ""
    return Desk(
        user=user,
        name=profile.display_name if profile else user.email.partition("@")[0],
        role=role_label(grant.role) if grant else "",
        program=program,
        programs=[Choice(one.code, texts.in_language(one.names, language, one.code)) for one in every],
        recents=_recents(request, program),
        market=markets[0],
        now=datetime.now(UTC),
        may_search=rights.may_anywhere(user, "members.search"),
        may_enrol=rights.may_anywhere(user, "members.enrol"),
        may_till=rights.may_anywhere(user, "till.use"),
        may_stock=rights.may_anywhere(user, "cards.stock"),
        may_see_imports=_opens(user, "imports.see", True),
        may_see_replication=_opens(user, "replication.see", True),
        may_see_quarantine=_opens(user, "quarantine.see", True),
        may_see_cases=rights.may_anywhere(user, "cases.see"),
        may_approve=rights.may_anywhere(user, "points.approve"),
        may_see_opinions=rights.may_anywhere(user, "opinions.see"),
        may_invite=rights.may_anywhere(user, "staff.invite"),
        may_see_access=rights.may_anywhere(user, "access.see"),
        may_see_fraud=rights.may_anywhere(user, "fraud.see"),
        at_till=rights.store_of_till(user),
        page=page_name,
        purpose=_purpose(request, page_name),
        opened=set(),
    )


def _purpose(request: HttpRequest, page_name: str) -> str:
    """Why a member is opened: somebody called, somebody stands at the till, or it is work at the desk."""
    if request.GET.get("for") == access.CALL:
        return access.CALL
    return access.TILL if page_name.startswith(access.TILL) else access.DESK


def role_label(role: str) -> str:
    """A role in the language being spoken."""
    words = {
        "store_staff": _("Store"),
        "store_manager": _("Store manager"),
        "call_centre": _("Call centre"),
        "marketing": _("Marketing"),
        "finance": _("Finance"),
        "administrator": _("Administrator"),
        "auditor": _("Auditor"),
    }
    return words.get(role, role)


def _recents(request: HttpRequest, program: Any) -> list[Recent]:
    wanted = request.session.get(RECENT_KEY, [])
    if not wanted:
        return []
    visible = members.visible(program, rights.scopes(request.user, "members.see"))
    rows = {row.public_id: row for row in visible.filter(public_id__in=wanted)}
    return [
        Recent(one, rows[one].member.first_name or str(rows[one].member), rows[one].number, shown_card(rows[one]))
        for one in wanted
        if one in rows
    ]


def shown_card(membership: Membership) -> str:
    """The newest active card of a membership whose cards are loaded, else its number."""
    active = [card for card in membership.cards.all() if card.status == "active"]
    return max(active, key=lambda card: (card.issued_at, card.pk)).number if active else membership.number
