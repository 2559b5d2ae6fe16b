from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = "Fidelio"

    def ready(self) -> None:
        from care.privacy import erasing
        from loyalty import checks  # noqa: F401  (registers the deploy checks)
        from replication import hooks

        hooks.on_erase.append(erasing.erase_now)  # neighbours: what one asks, the other does
