"""``openapi.yaml`` is true for a thousand examples an operation."""

from pathlib import Path

import pytest
from schema_run import run_schemathesis


@pytest.mark.proof
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    report = run_schemathesis(tmp_path, examples=1000, seconds=3600)
    print(f"\n{report.summary}")
    assert report.ok, report.text
