from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backoffice import doors


@require_POST
@doors.for_staff()
def choose(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """Work on another program from now on."""
    code = request.POST.get("program", "")
    if code not in {choice.code for choice in desk.programs}:
        raise Http404
    request.session[doors.PROGRAM_KEY] = code
    return redirect("backoffice:home")
