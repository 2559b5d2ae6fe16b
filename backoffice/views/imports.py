from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from backoffice import arrivals, doors


@require_safe
@doors.for_staff("imports.see", whole=True)
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """The files that arrived; while one is being read the list refreshes itself."""
    files = arrivals.files_of(desk)
    running = any(file.running for file in files)
    return doors.page(
        request, "backoffice/imports.html", desk, {"files": files, "running": running, "place": "imports"}
    )


@require_safe
@doors.for_staff("imports.see", whole=True)
def show(request: HttpRequest, desk: doors.Desk, file_id: int) -> HttpResponse:
    """One file with its counts."""
    file = arrivals.file_of(desk, file_id)
    if file is None:
        raise Http404
    return doors.page(request, "backoffice/import.html", desk, {"file": file, "place": "imports"})
