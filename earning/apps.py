from django.apps import AppConfig


class EarningConfig(AppConfig):
    name = "earning"

    def ready(self) -> None:
        from activity import hooks
        from earning import bells, marks, pooled, standing
        from ledger import hooks as ledger
        from members import hooks as members
        from tiers import hooks as tiers

        hooks.on_landed.append(marks.write_for_landed)
        hooks.on_landed.append(bells.ring_when_committed)
        hooks.on_returned.append(marks.write_for_returned)
        hooks.on_returned.append(bells.ring_when_returned)
        hooks.on_left.append(marks.write_for_left)
        ledger.on_moved.append(standing.follow_pots)
        members.on_happened.append(pooled.follow)
        tiers.register(measured=standing.measured, followed=standing.follow_holders)
