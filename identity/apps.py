from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "identity"

    def ready(self) -> None:
        from adminsite import rights as admin_rights
        from identity import (
            rights,
            rules,  # noqa: F401  (registers the actions)
            signing,
        )

        admin_rights.decide_with(rights.may_anywhere)
        signing.connect()
