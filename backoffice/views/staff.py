from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice import doors, people
from backoffice.people import BadgeForm, InviteForm
from identity import rights, staffing, tills
from identity.rights import Scope
from identity.staff import InvalidStaff


@require_http_methods(["GET", "POST"])
@doors.for_staff(people.ACTION)
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """The people this person looks after, and a place for the next one."""
    form = InviteForm(desk, request.POST or None)
    if request.method == "POST" and form.is_valid() and _invited(request, desk, form):
        return redirect("backoffice:staff")
    values = {"people": people.rows_of(desk), "form": form, "place": "staff"}
    return doors.page(request, "backoffice/staff.html", desk, values, status=422 if form.errors else 200)


def _invited(request: HttpRequest, desk: doors.Desk, form: InviteForm) -> bool:
    said = form.cleaned_data
    try:
        user = staffing.invite(
            desk.user, address=said["email"], display_name=said["name"], role=said["role"],
            scope=Scope(store=said["store"]), now=desk.now, language=request.LANGUAGE_CODE[:2],
        )  # fmt: skip
    except staffing.NotYourself:
        form.add_error("email", _("This is your own address. Somebody else gives you rights."))
        return False
    except (InvalidStaff, rights.NotAllowed):
        form.add_error(None, _("You cannot give this role here. Choose another one, or ask your administrator."))
        return False
    messages.success(request, _("%(name)s is invited: a mail says how to sign in.") % {"name": user.staff.display_name})
    return True


@require_http_methods(["GET", "POST"])
@doors.for_staff(people.ACTION)
def show(request: HttpRequest, desk: doors.Desk, user_id: int) -> HttpResponse:
    """One of them: her badge and PIN, and the end of her work."""
    person = staffing.person_of(desk.user, user_id)
    if person is None:
        raise Http404
    act = request.POST.get("act", "") if request.method == "POST" else ""
    form = BadgeForm(request.POST if act == "badge" else None, initial={"number": person.badge})
    if act == "end":
        return _end(request, desk, person)
    if act == "badge" and form.is_valid() and _badged(request, desk, person, form):
        return redirect("backoffice:staff_person", user_id)
    values = {"person": people.row_of(person), "form": form, "place": "staff"}
    return doors.page(request, "backoffice/staff_person.html", desk, values, status=422 if form.errors else 200)


def _badged(request: HttpRequest, desk: doors.Desk, person: staffing.Person, form: BadgeForm) -> bool:
    said = form.cleaned_data
    try:
        tills.set_badge(person.user, number=said["number"], pin=said["pin"], now=desk.now, by=desk.actor)
    except tills.InvalidBadge:
        form.add_error("number", _("A badge has 3 to 16 letters or digits, and one person. Choose another number."))
    except tills.InvalidPin:
        form.add_error("pin", _("A PIN has 4 to 8 digits, not all the same and not in a row."))
    else:
        messages.success(request, _("The badge is good at the tills of the store."))
        return True
    return False


def _end(request: HttpRequest, desk: doors.Desk, person: staffing.Person) -> HttpResponse:
    try:
        staffing.end_work(desk.user, person, now=desk.now)
    except rights.NotAllowed:
        raise Http404 from None
    messages.success(request, _("%(name)s works here no more. Every session is ended.") % {"name": person.name})
    return redirect("backoffice:staff")
