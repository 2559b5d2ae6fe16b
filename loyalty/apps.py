from typing import Any

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = "Fidelio"

    def ready(self) -> None:
        from loyalty import checks  # noqa: F401  (registers the deploy checks)
        from replication import hooks

        hooks.on_erase.append(_erase)
        hooks.on_facts.append(_facts)
        hooks.on_words.append(_words)


def _erase(**asked: Any) -> None:
    """Neighbours: what replication asks, care does. Frames are imported when it runs."""
    from care.privacy import erasing

    erasing.erase_now(**asked)


def _facts(membership_ids: Any) -> Any:
    from care import facts

    return facts.of_memberships(membership_ids)


def _words(told: Any) -> None:
    from care import facts

    facts.with_words(told)
