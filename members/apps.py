from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"

    def ready(self) -> None:
        from identity import hooks
        from members import queries

        hooks.somebodys_besides.append(queries.has_member)
