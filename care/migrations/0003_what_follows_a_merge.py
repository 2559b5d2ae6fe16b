"""Requests, opinions and points by hand go to the membership that stands for theirs, and remember where they were made."""

import django.db.models.deletion
from django.db import migrations, models

TABLES = ("care_case", "care_opinion", "care_adjustment")
# What was merged before this: an opinion that the other one has as well stays where it is.
FOLLOW = """
UPDATE {table} t SET made_under_id = t.membership_id, membership_id = m.merged_into_id
FROM membership m WHERE m.id = t.membership_id AND m.merged_into_id IS NOT NULL
"""
NOT_SAID_TWICE = """
 AND NOT EXISTS (SELECT FROM care_opinion o WHERE o.membership_id = m.merged_into_id
     AND (o.activity_id = t.activity_id
          OR (o.activity_id IS NULL AND t.activity_id IS NULL AND o.store_id = t.store_id
              AND o.occurred_on = t.occurred_on)))
"""


class Migration(migrations.Migration):
    dependencies = [
        ("care", "0002_archives_and_erasures"),
        ("members", "0009_holders_that_ended"),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name="made_under",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="members.membership",
                ),
            )
            for model in ("case", "opinion", "adjustment")
        ),
        *(
            migrations.RunSQL(
                FOLLOW.format(table=table) + (NOT_SAID_TWICE if table == "care_opinion" else ""),
                migrations.RunSQL.noop,
            )
            for table in TABLES
        ),
    ]
