"""``openapi.yaml`` is complete and true, as a stranger reads it: schemathesis, which knows nothing of SOPHIA's code.

It holds every event of a stream to its schema. That they come in sequence, once, and end with one of the last events
is more than it can say: ``conformance.py`` holds every stream of the other tests to that.
"""

from pathlib import Path

from schema_run import run_schemathesis


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    report = run_schemathesis(tmp_path, examples=5, seconds=300)
    assert report.ok, report.text
    assert "Tested: 27" in report.summary
