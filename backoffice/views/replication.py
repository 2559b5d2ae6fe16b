from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from backoffice import doors, opening, replications
from members.policies import OwnAccount, check_acts_on_another
from members.scoping import scope_of
from replication import conflicts, report
from replication.models import Line
from replication.outcomes import COUNTS

OUTCOMES = [choice for choice, _label in Line.Outcome.choices]


@require_safe
@doors.for_staff("replication.see", whole=True)
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """What systems sent; while something is being taken the list refreshes itself."""
    runs = replications.runs_of(desk)
    values = {"runs": runs, "running": any(run.running for run in runs), "place": "replication"}
    return doors.page(request, "backoffice/replications.html", desk, values)


@require_safe
@doors.for_staff("replication.see", whole=True)
def show(request: HttpRequest, desk: doors.Desk, run_id: int) -> HttpResponse:
    """The reconciliation report of one run, and the lines that were not simply taken."""
    run = _run(desk, run_id)
    outcome = request.GET.get("outcome", "")
    after = request.GET.get("after", "")
    lines, more = replications.lines_of(
        run_id,
        outcome=outcome if outcome in OUTCOMES else "",
        after=int(after) if after.isdecimal() and len(after) < 19 else None,
    )
    label = replications.outcome_label
    values = {
        "run": run, "more": more, "outcome": outcome,
        "lines": [(line, replications.line_label(line.outcome), replications.reason_label(line.reason))
                  for line in lines],
        "counts": [(name, label(name), run.told.counts[name]) for name in COUNTS],
        "outcomes": [(name, label(name)) for name in OUTCOMES], "place": "replication",
    }  # fmt: skip
    return doors.page(request, "backoffice/replication.html", desk, values)


@require_safe
@doors.for_staff("replication.see", whole=True)
def lines(request: HttpRequest, desk: doors.Desk, run_id: int) -> Any:
    """The lines of a run as CSV."""
    run = _run(desk, run_id)
    answer = StreamingHttpResponse(report.csv_lines(run.told.run), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="run-{run_id}.csv"'
    return answer


@require_safe
@doors.for_staff("replication.see")
def queue(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """The questions about members this person may see."""
    values = {"questions": replications.questions(desk), "place": "conflicts"}
    return doors.page(request, "backoffice/conflicts.html", desk, values)


@require_http_methods(["GET", "POST"])
@doors.for_staff("replication.see")
def conflict(request: HttpRequest, desk: doors.Desk, conflict_id: int) -> HttpResponse:
    """One question: what both sides say, and the answer of who may give it."""
    row = replications.conflict_of(desk, conflict_id)
    if row is None:
        raise Http404
    membership = opening.opened(desk, row.membership.public_id, action="replication.see")
    may_answer = desk.may("replication.work", scope_of(membership))
    if request.method == "POST":
        if not may_answer:
            raise Http404
        return _answer(request, desk, row)
    values = {"question": replications.question(row), "may_answer": may_answer, "place": "conflicts"}
    return doors.page(request, "backoffice/conflict.html", desk, values)


def _answer(request: HttpRequest, desk: doors.Desk, row: replications.Conflict) -> HttpResponse:
    answer = request.POST.get("answer", "")
    if answer not in conflicts.ANSWERS[replications.Conflict.Kind(row.kind)]:
        messages.error(request, _("Choose one of the answers."))
        return redirect("backoffice:conflict", row.pk)
    try:
        check_acts_on_another(desk.user, row.membership.member_id)
        conflicts.resolve(conflict_id=row.pk, answer=answer, now=desk.now, by=desk.actor)
    except OwnAccount:
        messages.error(request, _("This is your own account. A colleague answers for you."))
        return redirect("backoffice:conflict", row.pk)
    except conflicts.NotWaiting:
        messages.error(request, _("Somebody was faster: this question is answered."))
    except conflicts.CannotTake as refused:
        messages.error(request, _("What they say cannot be taken: %(why)s") % {"why": refused})
        return redirect("backoffice:conflict", row.pk)
    else:
        messages.success(request, _("Answered. What they sent meanwhile is kept."))
    return redirect("backoffice:conflicts")


def _run(desk: doors.Desk, run_id: int) -> replications.RunRow:
    run = replications.run_of(desk, run_id)
    if run is None:
        raise Http404
    return run
