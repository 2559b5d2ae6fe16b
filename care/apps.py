from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "care"

    def ready(self) -> None:
        from care import asking, contacts, following, releasing, telling, timeline
        from care.privacy import keeping
        from identity import hooks as logins
        from members import hooks
        from messaging import kinds

        hooks.on_happened += [following.follow, keeping.keep, keeping.refuse_to_part]
        logins.on_happened.append(releasing.let_go)
        kinds.filled(telling.CASE, telling.with_days)
        kinds.filled(telling.FAREWELL, telling.with_vouchers)
        kinds.filled(asking.KIND, asking.filled)
        kinds.marketing(asking.KIND, asking.PURPOSE)
        timeline.sources += [
            contacts.of_cases, contacts.of_opinions, contacts.of_adjustments, contacts.of_messages,
            contacts.of_membership, contacts.of_consents,
        ]  # fmt: skip
