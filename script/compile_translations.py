"""Compiles every gettext catalogue of the project (.po to .mo) with Babel, where the .mo is older."""

from __future__ import annotations

from pathlib import Path

from babel.messages import mofile, pofile

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    for source in sorted(ROOT.glob("*/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as readable:
            catalogue = pofile.read_po(readable, locale=source.parent.parent.name)
        unfinished = target.with_suffix(".unfinished")
        with unfinished.open("wb") as writable:
            mofile.write_mo(writable, catalogue)
        unfinished.rename(target)


if __name__ == "__main__":
    main()
