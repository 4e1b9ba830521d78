"""What `tests/unit/test_isolation.py` tries, for longer."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from isolation import Crowd, MakeRecords, records_in_memory, records_in_sqlite
from sqlalchemy import Engine

from databases import closed
from sophia.adapters.sql import SqlRecords
from sophia.ports.records import Records
from sophia.ports.system import Clock

pytestmark = pytest.mark.proof

STEPS = 50


def nothing_crosses(engine: str, crowds: int, make_records: MakeRecords) -> None:
    tried = settings(
        max_examples=crowds,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    run_state_machine_as_test(lambda: Crowd(make_records), settings=tried)
    print(f"\n{engine}: {crowds} crowds of up to {STEPS} steps each, nothing crossed")


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_nothing_crosses(engine: str) -> None:
    nothing_crosses(engine, 300, records_in_memory if engine == "memory" else records_in_sqlite)


def test_nothing_crosses_in_postgres(make_postgres: Callable[[], Engine]) -> None:
    before: list[Engine] = []

    def make_records(clock: Clock, _: Path) -> Records:
        if before:
            closed(before.pop())  # Postgres has a hundred connections for all
        before.append(make_postgres())
        return SqlRecords(before[0], clock)

    nothing_crosses("postgres", 60, make_records)
