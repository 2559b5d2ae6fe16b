from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from members import hooks
        from messaging import telling

        hooks.on_happened.append(telling.owe_for)
