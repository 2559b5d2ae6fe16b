"""Scoring in columns against engines that look at one line after the other, all over the same year of real lines.

script/bench scoring             1.47 million lines x 20, 60, 200 rules; a till's quote; a draft tried; the engines
script/bench scoring --quick     fewer lines for the engines and fewer quotes

The comparison uses 20 rules that every engine can express: conditions over facts of one line, and points per dollar or
per unit, rounded down line by line. The engines decide which rules hold; the points are then added by the same few
lines of code. json-rules-engine (npm), rule-engine and zen-engine (PyPI) are installed, pinned, into a folder of the
bench's own; the slow ones get a sample of the lines, and every one must give our points for each rule to the unit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import venv
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.parts import journey_facts
from loyalty.embedded.home import Home
from rules_engine.core import Facts, Rulebook, score

ENGINES = Path(__file__).parent / "parts" / "engines"
# Lines each engine gets: enough for some seconds of work.
SAMPLES = {"plain": 300_000, "zen-engine": 20_000, "rule-engine": 20_000, "json-rules-engine": 10_000}
RULES = (20, 60, 200)
TIMES = 3


def run(arguments: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="script/bench scoring")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    facts = journey_facts.year()
    lines = facts.lines.height
    result: dict[str, Any] = {"lines": lines, "receipts": facts.activities.height, "bulk": {}}
    for count in RULES:
        result["bulk"][str(count)] = _bulk(journey_facts.of_a_retailer(count), facts)
    result["try_it"] = _try(facts)
    result["quote"] = _quotes(facts, 200 if options.quick else 1000)
    result["comparison"] = _compare(facts, 10 if options.quick else 1)
    return result


def _bulk(book: Rulebook, facts: Facts) -> dict[str, Any]:
    seconds = min(_seconds(book, facts) for _ in range(TIMES))
    lines = facts.lines.height
    return {
        "seconds": round(seconds, 3),
        "lines_per_second": round(lines / seconds),
        "line_rules_per_second": round(lines * len(book.rules) / seconds),
    }


def _seconds(book: Rulebook, facts: Facts) -> float:
    begun = time.perf_counter()
    score(book, facts)
    return time.perf_counter() - begun


def _try(facts: Facts) -> dict[str, Any]:
    """A draft with one rule changed against the published version, whose awards and frames are already there."""
    published = journey_facts.of_a_retailer(20)
    document = published.to_document()
    document["rules"][2]["earn"]["multiply"] = 5
    before = score(published, facts).awards
    draft = Rulebook.from_document(document)
    begun = time.perf_counter()
    after = score(draft, facts).awards
    both = [one.group_by("rule").agg(pl.col("granted").sum()) for one in (before, after)]
    holders = [one.group_by("holder_id").agg(pl.col("granted").sum()) for one in (before, after)]
    changed = holders[0].join(holders[1], on="holder_id", how="full", coalesce=True).fill_null(0)
    touched = changed.filter(pl.col("granted") != pl.col("granted_right")).height
    both[0].join(both[1], on="rule", how="full", coalesce=True)
    return {"seconds": round(time.perf_counter() - begun, 3), "rules": 20, "members_touched": touched}


def _quotes(facts: Facts, count: int) -> dict[str, Any]:
    """Receipts of exactly 12 lines, one at a time, as a till asks: 60 rules, nothing known beforehand but the rules."""
    book = journey_facts.of_a_retailer(60)
    sizes = facts.lines.group_by("activity_id").len().filter(pl.col("len") == 12)
    asked = sizes["activity_id"].sort().head(count)
    # a filtered frame keeps room for all that it was filtered from: 50 MB a quote, of the whole year
    few = pl.col("activity_id").is_in(asked.implode())
    facts = replace(facts, activities=facts.activities.filter(few), lines=facts.lines.filter(few))
    quotes = [_alone(facts, one) for one in asked.to_list()]
    for quote in quotes[:20]:
        score(book, quote)
    taken = sorted(_seconds(book, quote) * 1000 for quote in quotes)
    return {
        "quotes": len(taken), "lines": 12, "rules": 60,
        "p50_ms": round(statistics.median(taken), 2), "p99_ms": round(taken[int(len(taken) * 0.99)], 2),
    }  # fmt: skip


def _alone(facts: Facts, activity_id: int) -> Facts:
    """One receipt with only its own products, as the door that quotes would bring them."""
    one = facts.of_one(activity_id)
    used = one.lines["product"].unique().sort()
    places = {number: place for place, number in enumerate(used.to_list())}
    lines = one.lines.with_columns(pl.col("product").replace_strict(places, return_dtype=pl.UInt32))
    return replace(one, lines=lines, products=one.products[used.to_list()])


def _compare(facts: Facts, smaller: int) -> dict[str, Any]:
    rules = journey_facts.comparable(20)
    book = journey_facts.rulebook_of(rules)
    ours = _bulk(book, facts)
    result: dict[str, Any] = {"rules": len(rules), "fidelio": ours | {"lines": facts.lines.height}}
    for name, most in SAMPLES.items():
        sample = _sample(facts, most // smaller)
        found = _engine(name, rules, sample)
        expected = _points(book, sample)
        if found["points"] != {rule["code"]: expected.get(rule["code"], 0) for rule in rules}:
            raise AssertionError(f"{name} gives other points: {found['points']} and not {expected}")
        lines = sample.lines.height
        result[name] = {
            "lines": lines, "seconds": round(found["seconds"], 3), "same_points": True,
            "lines_per_second": round(lines / found["seconds"]),
        }  # fmt: skip
        print(name, result[name], file=sys.stderr)
    best = max(result[name]["lines_per_second"] for name in SAMPLES)
    result["times_the_best"] = round(ours["lines_per_second"] / best, 1)
    return result


def _sample(facts: Facts, most: int) -> Facts:
    """Whole receipts, from the first on, until there are about that many lines."""
    last = facts.lines["activity_id"][min(most, facts.lines.height) - 1]
    lines = facts.lines.filter(pl.col("activity_id") <= last)
    return replace(facts, lines=lines, activities=facts.activities.filter(pl.col("activity_id") <= last))


def _points(book: Rulebook, facts: Facts) -> dict[str, int]:
    sums = score(book, facts).awards.group_by("rule").agg(pl.col("granted").sum())
    return dict(sums.iter_rows())


def _engine(name: str, rules: list[dict[str, Any]], facts: Facts) -> dict[str, Any]:
    folder = Home().path / "bench-engines"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lines.json"
    products = facts.products.select("category", "brand").with_row_index("product")
    lines = facts.lines.join(products, on="product", how="left", maintain_order="left").select(
        "category", "brand", "net", "gross", pl.col("quantity") // 1000
    )
    path.write_text(json.dumps({"rules": rules, "lines": lines.rows()}))
    command = _command(name, folder, path)
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"{name} failed: {answer.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def _command(name: str, folder: Path, path: Path) -> list[str]:
    if name == "json-rules-engine":
        if not (folder / "node_modules").exists():
            (folder / "package.json").write_text((ENGINES / "package.json").read_text())
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
        return ["node", str(ENGINES / "loop.js"), str(folder), str(path)]
    python = folder / "venv" / "bin" / "python"
    wanted = ENGINES / "requirements.txt"
    mark = folder / "venv" / "installed.txt"
    if not mark.exists() or mark.read_text() != wanted.read_text():
        venv.create(folder / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
        mark.write_text(wanted.read_text())
    return [str(python), str(ENGINES / "loops.py"), name, str(path)]
