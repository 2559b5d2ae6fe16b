from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "care"

    def ready(self) -> None:
        from care import contacts, telling, timeline
        from messaging import kinds

        kinds.filled(telling.CASE, telling.with_days)
        timeline.sources += [
            contacts.of_cases, contacts.of_opinions, contacts.of_adjustments, contacts.of_messages,
            contacts.of_membership, contacts.of_consents,
        ]  # fmt: skip
