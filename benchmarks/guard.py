"""Counts what the read-only policy refuses and lets pass, and how long it takes over it.

    python benchmarks/guard.py

The corpora are those of ``tests/data/readonly``: attacks, each with the rule that has to refuse it, and the ordinary
work of analysts, which has to pass. The policies are those of ``tests/unit/test_readonly.py``.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit"))

from test_readonly import GRAFANA, SPLUNK, cases, lines

from sophia.domain.readonly import PanosPolicy, Rule, check_command, check_query, check_search
from sophia.errors import QueryRefused

Check = Callable[[], object]


def rule_of(check: Check) -> Rule | None:
    """The rule that refuses it."""
    try:
        check()
    except QueryRefused as error:
        return error.rule
    return None


def splunk(search: str) -> Check:
    return lambda: check_search(search, SPLUNK)


def panos(command: str) -> Check:
    return lambda: check_command(command, PanosPolicy())


def grafana(query: object, type_: str) -> Check:
    return lambda: check_query(query, type_, GRAFANA)


def count(name: str, attacks: Sequence[tuple[Check, str]], ordinary: Sequence[Check]) -> None:
    began = time.perf_counter()
    refused = [(rule_of(check), rule) for check, rule in attacks]
    passed = [rule_of(check) for check in ordinary]
    took = (time.perf_counter() - began) / (len(attacks) + len(ordinary))
    print(
        f"{name}: attacks refused {sum(rule is not None for rule, _ in refused)} of {len(refused)} "
        f"(by the rule that is meant: {sum(found == meant for found, meant in refused)}), "
        f"ordinary ones passed {passed.count(None)} of {len(passed)}; {took * 1e6:.0f} µs each"
    )


def main() -> None:
    attacks = {name: cases(f"{name}-attacks.jsonl") for name in ("splunk", "panos", "grafana")}
    count(
        "Splunk",
        [(splunk(case["search"]), case["rule"]) for case in attacks["splunk"]],
        list(map(splunk, lines("splunk-searches.txt"))),
    )
    count(
        "PAN-OS",
        [(panos(case["command"]), case["rule"]) for case in attacks["panos"]],
        list(map(panos, lines("panos-commands.txt"))),
    )
    ordinary = [
        grafana({"datasource": {"uid": "prom"}, "expr": case["expr"]}, case["type"])
        for case in cases("grafana-queries.jsonl")
    ]
    count(
        "Grafana",
        [(grafana(case["query"], case["type"]), case["rule"]) for case in attacks["grafana"]],
        ordinary,
    )


if __name__ == "__main__":
    main()
