from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from loyalty import owner


class Command(migrate.Command):
    """Django's migrate, run as the owner of the tables; the app's role gets its rights afterwards."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner.check_server()
        except owner.UnfitServer as error:
            raise CommandError(str(error)) from None
        with owner.acting_as_owner():
            super().handle(*args, **options)
        owner.grant_to_app()
