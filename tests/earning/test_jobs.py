"""What beat starts, and what an operator does about holders that were set aside."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from earning import jobs, tasks
from earning.models import Claim, JobRun
from ledger import holders, posting, queries


@pytest.mark.django_db
def test_a_job_runs_once_for_its_day_and_shard_and_again_when_it_failed(now):
    ran = []

    def fails():
        ran.append("failed")
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        jobs.once("expire", now.date(), 1, fails, now=now)
    assert jobs.once("expire", now.date(), 1, lambda: ran.append("done"), now=now)
    assert not jobs.once("expire", now.date(), 1, lambda: ran.append("again"), now=now)
    assert jobs.once("expire", now.date(), 2, lambda: ran.append("other shard"), now=now)
    assert ran == ["failed", "done", "other shard"]
    assert set(JobRun.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.django_db
def test_the_expiry_task_posts_the_end_of_dead_lots(now, program, monkeypatch):
    [holder] = holders.open(now=now)
    currency = program.currencies.get(code="points").pk
    posting.earn(
        holder_id=holder, currency_id=currency, amount=50, key="opening", now=now, actor="test",
        available_at=now, expires_at=now + timedelta(days=1), occurred_on=now.date(),
    )  # fmt: skip
    monkeypatch.setattr(tasks.clock, "now", lambda: now + timedelta(days=2))
    tasks.expire()
    [movement, *_] = queries.statement(holder, [currency], now, now + timedelta(days=3))
    assert (movement.kind, movement.amount) == ("expire", -50)
    tasks.expire()
    assert JobRun.objects.count() == 1


@pytest.mark.django_db
def test_an_operator_lists_and_releases_a_holder_that_was_set_aside(now):
    Claim.objects.create(
        holder_id=7, attempts=11, token="0" * 32, lease_until=now, quarantined_reason="failed 10 times: its worker died"
    )
    said = StringIO()
    call_command("claims", "list", stdout=said)
    assert "7  failed 10 times" in said.getvalue()
    with pytest.raises(CommandError, match="not set aside"):
        call_command("claims", "release", "8")
    call_command("claims", "release", "7", stdout=said)
    assert not Claim.objects.exists()
