"""script/bench NAME [ARGS]: runs benchmarks/NAME.py on servers of its own and writes results/NAME.json."""

from __future__ import annotations

import importlib
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from loyalty.embedded import servers
from loyalty.embedded.home import Home

HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_") and path.stem != "parts")
    if not arguments or arguments[0] not in names:
        print(f"script/bench NAME, with NAME one of: {', '.join(names)}", file=sys.stderr)
        return 2
    name, *rest = arguments
    home = Home(Home().path / "bench")
    with servers.running(home) as environment:
        os.environ.update(environment, LOYALTY_HOME=str(home.path), DJANGO_SETTINGS_MODULE="loyalty.settings")
        import django

        django.setup()
        result = importlib.import_module(f"benchmarks.{name}").run(rest)
    result = {"bench": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(), **result}
    target = HERE / "results" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
