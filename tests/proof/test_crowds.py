"""What `tests/unit/test_isolation.py` tries, for longer."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from isolation import Crowd, MakeRecords, records_in_memory, records_in_sqlite

pytestmark = pytest.mark.proof

CROWDS, STEPS = 300, 50
SETTINGS = settings(
    max_examples=CROWDS,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_nothing_crosses(engine: str) -> None:
    make_records: MakeRecords = records_in_memory if engine == "memory" else records_in_sqlite
    run_state_machine_as_test(lambda: Crowd(make_records), settings=SETTINGS)
    print(f"\n{engine}: {CROWDS} crowds of up to {STEPS} steps each, nothing crossed")
