from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = "Fidelio"

    def ready(self) -> None:
        from loyalty import checks  # noqa: F401  (registers the deploy checks)
