"""What `sophia eval handoff` says of files that it cannot judge."""

import json
from pathlib import Path

import pytest

from sophia.bootstrap.evaluation import evaluate_handoff
from sophia.bootstrap.settings import Settings
from sophia.errors import InvalidInput

GOOD = {"id": "a", "text": "hola", "decision": "answer", "category": "other"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "no message"),
        ("{", "line 1"),
        ("[1]", "expected an object"),
        (json.dumps({"id": "a", "text": "hola"}), "decision"),
        (json.dumps({**GOOD, "decision": "maybe"}), "handoff or answer"),
        (json.dumps({**GOOD, "decision": ["answer"]}), "handoff or answer"),
        (json.dumps({**GOOD, "text": 5}), "text must be a string"),
        (json.dumps({**GOOD, "category": "else"}), "category must be one of"),
    ],
)
def test_a_line_that_cannot_be_judged_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        evaluate_handoff(Settings(directory=tmp_path), file)
    assert said in str(refused.value)
