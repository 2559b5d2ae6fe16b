from django.apps import AppConfig


class EarningConfig(AppConfig):
    name = "earning"

    def ready(self) -> None:
        from activity import hooks
        from earning import bells, marks

        hooks.on_landed.append(marks.write_for_landed)
        hooks.on_landed.append(bells.ring_when_committed)
        hooks.on_returned.append(marks.write_for_returned)
        hooks.on_returned.append(bells.ring_when_returned)
