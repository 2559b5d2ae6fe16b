from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "identity"

    def ready(self) -> None:
        from adminsite import rights as admin_rights
        from identity import rights

        admin_rights.decide_with(rights.may_anywhere)
