from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "care"

    def ready(self) -> None:
        from care import contacts, following, telling, timeline
        from members import hooks
        from messaging import kinds

        hooks.on_happened.append(following.follow)
        kinds.filled(telling.CASE, telling.with_days)
        timeline.sources += [
            contacts.of_cases, contacts.of_opinions, contacts.of_adjustments, contacts.of_messages,
            contacts.of_membership, contacts.of_consents,
        ]  # fmt: skip
