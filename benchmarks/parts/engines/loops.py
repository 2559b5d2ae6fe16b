"""Rules over lines, one line after the other: a plain Python loop, or an engine of PyPI. Run by benchmarks/scoring.py.

loops.py ENGINE FILE: FILE has {"rules": [...], "lines": [[category, brand, net, gross, quantity], ...]}.
Prints {"seconds", "points": {rule: points}}. Making the rules ready is not counted, reading the file neither.
"""

import json
import operator
import sys
import time

FACTS = ("category", "brand", "net", "gross", "quantity")
OPERATORS = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "gt": operator.gt, "ge": operator.ge,
    "starts_with": str.startswith,
}  # fmt: skip
SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "ge": ">="}


def give(rule, line):
    """Whole points of one line: down, as cents are."""
    return rule["per_unit"] * line["quantity"] if "per_unit" in rule else rule["per_dollar"] * line["net"] // 100


def plain(rules, lines, points):
    ready = [(rule, [(fact, OPERATORS[name], value) for fact, name, value in rule["when"]]) for rule in rules]
    begun = time.perf_counter()
    for line in lines:
        for rule, when in ready:
            for fact, meets, value in when:
                found = line[fact]
                if found is None or not meets(found, value):
                    break
            else:
                points[rule["code"]] += give(rule, line)
    return time.perf_counter() - begun


def rule_engine(rules, lines, points):
    import rule_engine as engine

    def written(fact, name, value):
        quoted = json.dumps(value)
        if name == "starts_with":
            return f"({fact} != null and {fact}.starts_with({quoted}))"
        return f"({fact} != null and {fact} {SIGNS[name]} {quoted})"

    ready = [
        (rule, engine.Rule(" and ".join(written(*part) for part in rule["when"]) or "true"))
        for rule in rules
    ]  # fmt: skip
    begun = time.perf_counter()
    for line in lines:
        for rule, asked in ready:
            if asked.matches(line):
                points[rule["code"]] += give(rule, line)
    return time.perf_counter() - begun


def zen(rules, lines, points):
    """One decision of one table that collects every row that holds, as its makers mean it to be used."""
    import zen as engine

    def written(fact, name, value):
        quoted = json.dumps(value)
        known = f"{fact} != null"
        return (
            f"{known} and startsWith({fact}, {quoted})"
            if name == "starts_with"
            else f"{known} and {fact} {SIGNS[name]} {quoted}"
        )

    rows = [
        {
            "_id": str(place),
            "when": " and ".join(written(*part) for part in rule["when"]) or "true",
            "code": json.dumps(rule["code"]),
        }
        for place, rule in enumerate(rules)
    ]
    table = {
        "hitPolicy": "collect",
        "rules": rows,
        "inputs": [{"id": "when", "name": "when", "type": "expression"}],
        "outputs": [{"id": "code", "name": "code", "type": "expression", "field": "code"}],
    }
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
            {
                "id": "table",
                "name": "table",
                "type": "decisionTableNode",
                "content": table,
                "position": {"x": 1, "y": 0},
            },
            {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 2, "y": 0}},
        ],
        "edges": [
            {"id": "a", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "b", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }
    decision = engine.ZenEngine().create_decision(json.dumps(graph))
    by_code = {rule["code"]: rule for rule in rules}
    begun = time.perf_counter()
    for line in lines:
        for hit in decision.evaluate(line)["result"]:
            points[hit["code"]] += give(by_code[hit["code"]], line)
    return time.perf_counter() - begun


def main():
    name, path = sys.argv[1:]
    with open(path) as file:
        document = json.load(file)
    lines = [dict(zip(FACTS, values, strict=True)) for values in document["lines"]]
    points = {rule["code"]: 0 for rule in document["rules"]}
    seconds = {"plain": plain, "rule-engine": rule_engine, "zen-engine": zen}[name](document["rules"], lines, points)
    print(json.dumps({"seconds": seconds, "points": points}))


if __name__ == "__main__":
    main()
