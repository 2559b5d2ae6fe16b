from django.apps import AppConfig


class RewardsConfig(AppConfig):
    name = "rewards"

    def ready(self) -> None:
        from members import hooks
        from rewards import blocking, staying

        hooks.on_happened.append(blocking.release_on_block)
        hooks.on_happened.append(staying.refuse_while_held)
