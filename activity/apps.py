from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "activity"

    def ready(self) -> None:
        from activity import returning
        from members import hooks

        hooks.on_happened.append(returning.give_back)
