"""The example companies' questions, asked of the real thing."""

from pathlib import Path

import pytest
from questions import ask_all

EXAMPLES = Path(__file__).parents[2] / "examples" / "sophia.toml"

pytestmark = pytest.mark.proof


def test_questions_of_the_example_companies() -> None:
    figures = ask_all(EXAMPLES)
    for company, counted in figures.items():
        print(f"{company}: " + ", ".join(f"{kind} {right}/{asked}" for kind, (right, asked) in counted.items()))
    for counted in figures.values():
        assert counted["answered"][0] >= 10
        assert counted["refused"][0] >= 5
        assert counted["crossed"][0] == counted["crossed"][1]
        assert counted["actions"][0] == counted["actions"][1]
