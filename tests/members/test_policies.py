import pytest

from identity.models import User
from members import enrolment, policies

pytestmark = pytest.mark.django_db


def test_staff_act_on_others_and_never_on_themselves(program, other_program, now):
    sofia, other = (User.objects.create_user(f"{name}@example.org") for name in ("sofia", "other"))
    own, elsewhere = (
        enrolment.enrol(program=one, channel="web", now=now, by="system", user_id=sofia.pk)
        for one in (program, other_program)
    )
    somebody = enrolment.enrol(program=program, channel="web", now=now, by="system")
    assert policies.acts_on_self(sofia, own.member_id)
    assert policies.acts_on_self(sofia, elsewhere.member_id)
    assert not policies.acts_on_self(sofia, somebody.member_id)
    assert not policies.acts_on_self(other, own.member_id)
    with pytest.raises(policies.OwnAccount):
        policies.check_acts_on_another(sofia, own.member_id)
    policies.check_acts_on_another(sofia, somebody.member_id)


@pytest.mark.parametrize(
    ("status", "may"), [("active", True), ("pending", False), ("suspended", False), ("closed", False)]
)
def test_only_active_memberships_spend(program, now, status, may):
    membership = enrolment.enrol(program=program, channel="web", now=now, by="system")
    membership.status = status
    assert policies.can_spend(membership, now=now) is may
    if may:
        policies.check_spend(membership, now=now)
    else:
        with pytest.raises(policies.CannotSpend, match=status):
            policies.check_spend(membership, now=now)
