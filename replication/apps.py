from django.apps import AppConfig


class ReplicationConfig(AppConfig):
    name = "replication"

    def ready(self) -> None:
        from members import hooks, mastering
        from replication import listening, ownership

        mastering.asked.append(ownership.masters_of)
        hooks.on_happened.append(listening.note)
