from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "care"

    def ready(self) -> None:
        from care import telling
        from messaging import kinds

        kinds.filled(telling.CASE, telling.with_days)
