from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from loyalty import site
from loyalty.embedded.home import Home
from programs.models import Program


class Command(BaseCommand):
    """Serves the data that is there with web, worker and beat, until Ctrl-C."""

    help = "serve the site: web, worker and beat"

    def handle(self, **options: Any) -> None:
        site.stop_on_signals()
        call_command("migrate", verbosity=0)
        try:
            with site.stack_of(Home()) as processes:
                address = site.start(processes, with_worker=True)
                for program in Program.objects.order_by("code"):
                    self.stdout.write(f"{address}/{program.code}/")
                self.stdout.write(f"{address}/desk/\n{address}/admin/\nCtrl-C stops all of it.")
                fallen = processes.wait()
                raise CommandError(f"{fallen} ended: read {site.log_of(processes, fallen)}")
        except site.DidNotStart as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("stopped")
