import pytest
from django.urls import reverse

from audit import trail
from audit.models import AuditEvent
from identity.models import User


@pytest.fixture
def chief(client, db):
    user = User.objects.create_superuser("chief@example.com", "a long password")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def test_the_trail_is_read_and_never_changed(client, chief, now):
    trail.record(
        action="rulebook.published", actor="user:1", obj=("rulebook", 7), at=now,
        data={"version": 3, "digest": "abc", "market": None},
    )  # fmt: skip
    page = client.get(reverse("admin:audit_auditevent_changelist")).content.decode()
    assert "rulebook 7" in page
    assert "version 3" in page
    assert "digest" not in page
    event = AuditEvent.objects.get()
    address = reverse("admin:audit_auditevent_change", args=[event.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"actor": "user:2"}).status_code == 403
    assert client.get(reverse("admin:audit_auditevent_add")).status_code == 403
    assert client.post(reverse("admin:audit_auditevent_delete", args=[event.pk]), {"post": "yes"}).status_code == 403
