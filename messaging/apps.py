from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from identity import hooks as logins
        from members import hooks
        from messaging import households, kinds, telling, ties

        hooks.on_happened.append(telling.owe_for)
        logins.on_happened.append(telling.owe_for_login)
        kinds.filled("contact_code", telling.code_filled)
        kinds.filled("contact_changed", telling.answer_filled)
        for kind in ("new_device", "way_in"):
            kinds.filled(kind, telling.disowning_filled)
        kinds.filled(households.KIND, households.filled)
        hooks.on_happened += [households.tell, ties.tell]
        for kind, fill in (
            ("merged", ties.with_day), ("closed", ties.with_day), ("household_smaller", ties.with_name),
            ("household_parted", ties.with_parts),
        ):  # fmt: skip
            kinds.filled(kind, fill)
