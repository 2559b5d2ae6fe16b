"""A row for every address of the desk: what one must be allowed to do there, and to a thing of which scope.

Add yours here; tests/house/test_scopes.py asks every role in every scope at every address for each kind of thing.

    "name of the address": Row("action", KIND, make)

KIND says where the thing belongs:
- MEMBER: to the banner, market and store of a member; `make(place)` answers the keywords of the address for the member
  of that place (`place.membership`), making what hangs on her (a case, a card) where the address names it.
- STORE: to a store; `make(place)` uses `place.store`.
- ANYWHERE: the page is a list or a form, filtered by what the person may see: a right in any scope opens it.
- NOWHERE: not opened by any right: by a till's cookie, say.
- WHOLE: files, quarantine, settings: what belongs to no scope, and opens only to a right everywhere.

`post` is the action of a POST where it is another one than that of the page; `data` what an address that takes nothing
but a POST needs in order not to say 404 by itself. An action "" opens to any right at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MEMBER, STORE, ANYWHERE, WHOLE, NOWHERE = "member", "store", "anywhere", "whole", "nowhere"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """Where a thing belongs: a store with its banner and market, a member whose home it is, and the program."""

    program: Any
    store: Any
    membership: Any


@dataclass(frozen=True)
class Row:
    action: str
    kind: str
    make: Callable[[Place], dict[str, Any]] = lambda place: {}
    post: str = ""
    data: dict[str, str] = field(default_factory=dict)


def member(place: Place) -> dict[str, Any]:
    return {"public_id": place.membership.public_id}


def twin(place: Place) -> dict[str, Any]:
    from members import enrolment

    other = enrolment.enrol(
        program=place.program, channel="store", now=NOW, by="t", first_name="Twin", store=place.store,
        market_code=place.store.market_code,
    )  # fmt: skip
    return {**member(place), "other": other.public_id}


def merged(place: Place) -> dict[str, Any]:
    from members import merging
    from members.models import Membership

    other = Membership.objects.get(public_id=twin(place)["other"])
    done = merging.merge(kept_id=place.membership.pk, gone_id=other.pk, now=datetime.now(UTC), by="t")
    return {**member(place), "merge_id": done.pk}


def sitting(place: Place) -> dict[str, Any]:
    from members import households, seats

    if seats.household_of(place.membership.pk) is None:
        households.found(membership_id=place.membership.pk, now=NOW, by="t")
    return member(place)


def file(place: Place) -> dict[str, Any]:
    from activity.models import InboundFile
    from tests.web import lives

    made, _new = InboundFile.objects.get_or_create(
        program=place.program, source=lives.source(place.program), name="f.csv",
        defaults={"opened_at": NOW, "closed_at": NOW, "state": "closed", "rows": 0, "size": 0, "mapping": {}},
    )  # fmt: skip
    return {"file_id": made.pk}


def quarantined(place: Place) -> dict[str, Any]:
    from activity import single
    from activity.models import Quarantine
    from tests.web import lives

    row = {"receipt_id": "R1", "store": "s1", "occurred_at": "2026-13-45", "sku": "a", "quantity": "1", "net": "1"}
    single.land_one([row], source=lives.source(place.program), program=place.program, now=NOW)
    return {"row_id": Quarantine.objects.order_by("pk")[0].pk}


def card(place: Place) -> dict[str, Any]:
    return {**member(place), "card_id": place.membership.cards.get().pk}


def batch(place: Place) -> dict[str, Any]:
    from members import batches

    return {"code": batches.prepare(program=place.program, count=1, now=NOW, by="t", store=place.store).code}


def case(place: Place) -> dict[str, Any]:
    from care import cases

    opened = cases.open(
        membership=place.membership, type="other", channel="phone", words="x", now=NOW, by="system:test"
    )  # fmt: skip
    return {"case_id": opened.pk}


def case_file(place: Place) -> dict[str, Any]:
    from care import evidence
    from care.models import Case

    made = case(place)
    good = [evidence.Good("pdf", b"%PDF-")]
    kept = evidence.keep(Case.objects.get(pk=made["case_id"]), good, [], now=NOW, by="system:test")
    return {**made, "file_id": kept[0].pk}


def approval(place: Place) -> dict[str, Any]:
    import uuid
    from datetime import timedelta

    from care.models import Adjustment

    made = Adjustment.objects.create(
        program=place.program, membership=place.membership, currency=place.program.currencies.first(), amount=1,
        value=1, money="EUR", reason="goodwill", key=uuid.uuid4(), state="waiting", asked_at=NOW,
        asked_by="user:0", expires_at=NOW + timedelta(days=36_500),
    )  # fmt: skip
    return {"adjustment_id": made.pk}


def opinion(place: Place) -> dict[str, Any]:
    from care import opinions

    made = opinions.give(
        membership=place.membership, rating=9, words="", channel="web", store=place.store, occurred_on=NOW.date(),
        now=NOW, by="system:test",
    )  # fmt: skip
    return {"opinion_id": made.pk}


def colleague(place: Place) -> dict[str, Any]:
    from identity import staff
    from identity.rights import Scope

    held = [("store_staff", Scope(store=place.store.code))]
    return {"user_id": staff.create_staff(f"{place.store.code}@staff.example", "Sam", held, now=NOW, by="t").pk}


def till(place: Place) -> dict[str, Any]:
    from identity import tills

    return {"till_id": tills.open_till(name="1", store_code=place.store.code, now=NOW, by="t")[0].pk}


def run(place: Place) -> dict[str, Any]:
    from replication import systems
    from replication.models import Run, System

    system = System.objects.filter(code="crm").first()
    system = system or systems.make(code="crm", program=place.program, now=NOW, by="t")
    made, _new = Run.objects.get_or_create(
        system=system, kind="delta", name="f.csv", defaults={"state": "closed", "opened_at": NOW, "sha256": b""}
    )
    return {"run_id": made.pk}


def conflict(place: Place) -> dict[str, Any]:
    from replication.models import Conflict, Run

    sent = Run.objects.get(pk=run(place)["run_id"])
    made = Conflict.objects.create(
        system=sent.system, run=sent, kind="field", external_id=place.membership.public_id, membership=place.membership,
        field="phone", theirs="+33612345678", version=2, opened_at=NOW,
    )  # fmt: skip
    return {"conflict_id": made.pk}


ROWS: dict[str, Row] = {
    "fraud": Row("fraud.see", ANYWHERE),
    "freeze": Row("wallets.freeze", MEMBER, member),
    "call": Row("members.search", ANYWHERE),
    "accesses": Row("access.see", ANYWHERE),
    "accesses_file": Row("access.see", ANYWHERE),
    "staff": Row("staff.invite", ANYWHERE),
    "staff_person": Row("staff.invite", STORE, colleague),
    "tills": Row("staff.invite", ANYWHERE),
    "till_close": Row("staff.invite", STORE, till),
    "switch": Row("", NOWHERE),
    "till": Row("till.use", ANYWHERE, data={"act": "next"}),
    "stock": Row("cards.stock", ANYWHERE, post="cards.generate"),
    "card_batch": Row("cards.stock", STORE, batch, post="cards.generate"),
    "card_batch_file": Row("cards.generate", STORE, batch),
    "member_cards": Row("cards.block", MEMBER, member, data={"act": "bind"}),
    "card_receipts": Row("cards.block", MEMBER, card),
    "home": Row("members.search", ANYWHERE),
    "program": Row("", ANYWHERE, data={"program": "demo"}),
    "enrol": Row("members.enrol", ANYWHERE),
    "enrol_post": Row("members.enrol", ANYWHERE),
    "member": Row("members.see", MEMBER, member),
    "person": Row("members.edit", MEMBER, member),
    "likes": Row("members.edit", MEMBER, member),
    "consents": Row("members.consents", MEMBER, member),
    "contact": Row("members.edit", MEMBER, member),
    "contact_code": Row("members.edit", MEMBER, member),
    "contact_address": Row("members.edit", MEMBER, member),
    "contact_change": Row("members.edit", MEMBER, lambda place: {**member(place), "what": "email"}),
    "suspend": Row("members.suspend", MEMBER, member),
    "close": Row("members.close", MEMBER, member),
    "data": Row("members.erase", MEMBER, member),
    "household": Row("households.edit", MEMBER, member, data={"do": "invite", "to": "x"}),
    "household_split": Row("households.edit", MEMBER, sitting),
    "twins": Row("members.merge", MEMBER, member),
    "merge": Row("members.merge", MEMBER, twin),
    "unmerge": Row("members.merge", MEMBER, merged),
    "floor": Row("tiers.floor", MEMBER, member),
    "case_new": Row("cases.work", MEMBER, member),
    "adjust": Row("points.adjust", MEMBER, member),
    "opinion_new": Row("cases.work", MEMBER, member),
    "cases": Row("cases.see", ANYWHERE),
    "case": Row("cases.see", MEMBER, case, post="cases.work"),
    "outcome": Row("cases.work", MEMBER, case),
    "case_file": Row("cases.see", MEMBER, case_file),
    "approvals": Row("points.approve", ANYWHERE),
    "approval": Row("points.approve", MEMBER, approval),
    "opinions": Row("opinions.see", ANYWHERE),
    "opinion": Row("opinions.see", STORE, opinion),
    "replications": Row("replication.see", WHOLE),
    "replication": Row("replication.see", WHOLE, run),
    "replication_lines": Row("replication.see", WHOLE, run),
    "conflicts": Row("replication.see", ANYWHERE),
    "conflict": Row("replication.see", MEMBER, conflict, post="replication.work"),
    "imports": Row("imports.see", WHOLE),
    "import": Row("imports.see", WHOLE, file),
    "quarantine": Row("quarantine.see", WHOLE),
    "quarantined": Row("quarantine.see", WHOLE, quarantined, post="quarantine.fix"),
}
