import django.db.models.deletion
from django.db import migrations, models

PROTECT = django.db.models.deletion.PROTECT
SYSTEM = {"on_delete": PROTECT, "to": "replication.system", "db_index": False}
ORDERED = [
    ("identity", "replication_identity_once", ["external_id", "system"]),
    ("identity", "replication_identity_of_one", ["membership", "system"]),
    ("replicatedlot", "replication_lot_once", ["key", "system"]),
]


class Migration(migrations.Migration):
    """When we changed which field of a member is read from members' own history, field by field. And no index begins
    with the system: old statistics lead a planner by it through the whole base."""

    dependencies = [("replication", "0002_lots_by_holder")]

    operations = [
        migrations.RemoveField(model_name="identity", name="ours_changed_at"),
        migrations.AlterField(
            model_name="identity", name="system", field=models.ForeignKey(related_name="identities", **SYSTEM)
        ),
        migrations.AlterField(
            model_name="replicatedlot",
            name="system",
            field=models.ForeignKey(related_name="+", db_constraint=False, **SYSTEM),
        ),
        *(migrations.RemoveConstraint(model_name=model, name=name) for model, name, _ in ORDERED),
        *(
            migrations.AddConstraint(model_name=model, constraint=models.UniqueConstraint(fields=fields, name=name))
            for model, name, fields in ORDERED
        ),
        migrations.AlterField(
            model_name="identity",
            name="membership",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=PROTECT, related_name="+", to="members.membership"
            ),
        ),
    ]
