"""Suspending, closing, opening again and a member's data at the desk: said before, with a reason, in the audit."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from care.models import Archive, Erasure
from members.models import Closing, Login, Membership
from tests.web import lives

pytestmark = pytest.mark.django_db


def at(life, name):
    return reverse(f"backoffice:{name}", args=[life.membership.public_id])


def status(life):
    return Membership.objects.get(pk=life.membership.pk).status


def test_a_member_is_suspended_with_a_reason_and_it_is_lifted_with_one(desk, camille):
    client = desk("call_centre")
    assert client.post(at(camille, "suspend"), {"act": "suspend", "reason": "other", "words": ""}).status_code == 422
    client.post(at(camille, "suspend"), {"act": "suspend", "reason": "fraud", "words": "Two tills at once."})
    assert status(camille) == "suspended"
    page = client.get(reverse("backoffice:member", args=[camille.membership.public_id])).content.decode()
    assert "Suspicion of fraud" in page and "Lift the suspension" in page
    assert "Two tills at once." in client.get(at(camille, "suspend")).content.decode()
    assert client.post(at(camille, "suspend"), {"act": "lift", "words": ""}).status_code == 422
    client.post(at(camille, "suspend"), {"act": "lift", "words": "It was a slip."})
    assert status(camille) == "active"
    told = list(AuditEvent.objects.filter(object_type="membership").values_list("action", flat=True))
    assert {"members.suspended", "members.suspension_lifted"} <= set(told)
    assert "slip" not in str(list(AuditEvent.objects.values_list("data", flat=True)))


def test_a_membership_is_closed_and_opened_again(desk, camille, now):
    lives.receipt(camille, now)
    client = desk("call_centre")
    assert "Lost: 42 points." in client.get(at(camille, "close")).content.decode()
    client.post(at(camille, "close"), {"act": "close", "reason": "moved", "words": "To Lyon."})
    assert (status(camille), Closing.objects.get().reason) == ("closed", "moved")
    assert "To Lyon." in client.get(at(camille, "close")).content.decode()
    client.post(at(camille, "close"), {"act": "reopen", "words": "She stays."})
    assert status(camille) == "active"
    assert AuditEvent.objects.get(action="members.reopened").data == {"reason": "She stays."}


def test_a_copy_and_a_deletion_are_asked_for_on_behalf(desk, camille):
    client = desk("call_centre")
    client.post(at(camille, "data"), {"act": "archive", "reason": "called", "words": "From her own number."})
    assert (Archive.objects.get().reason, Archive.objects.get().words) == ("called", "From her own number.")
    assert "The member called: From her own number." in client.get(at(camille, "data")).content.decode()
    client.post(at(camille, "data"), {"act": "erase", "reason": "wrote", "words": "Letter of 3 November."})
    assert (Erasure.objects.get().reason, status(camille)) == ("wrote", "closed")
    assert "The member wrote: Letter of 3 November." in client.get(at(camille, "data")).content.decode()
    client.post(at(camille, "data"), {"act": "keep", "reason": "called", "words": "She thought again."})
    assert (Erasure.objects.get().state, status(camille)) == ("withdrawn", "active")
    assert AuditEvent.objects.get(action="erasure.withdrawn").data == {"reason": "She thought again."}


def test_nobody_does_any_of_it_to_themselves(desk, camille):
    client = desk("call_centre")
    Login.objects.filter(member=camille.membership.member_id).update(user=client.session["_auth_user_id"])
    answer = client.post(at(camille, "close"), {"act": "close", "reason": "moved", "words": ""})
    assert (answer.status_code, status(camille)) == (422, "active")
    assert "Nobody acts on their own account." in answer.content.decode()
