"""Many patterns searched for at once: what is found is what each finds by itself."""

import json
import random
import re
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.intent import patterns, phrases, problems
from sophia.domain.intent.reading import read
from sophia.domain.intent.searching import Patterns, beginnings

SHIPPED = {
    **{name: getattr(patterns, name) for name in patterns.__all__ if name not in {"SIGNATURES", "ABOUT_PASTED"}},
    **{label: pattern for _, label, pattern in phrases.PHRASES},
    **{f"problem {number}": pattern for number, pattern in enumerate(problems.PROBLEM)},
}
LABELLED = Path(__file__).parents[2] / "data" / "handoff"


@pytest.fixture(scope="module")
def shipped() -> Patterns:
    return Patterns({name: (pattern,) for name, pattern in SHIPPED.items()})


def each(text: str) -> dict[str, tuple[int, int]]:
    found = {name: re.search(pattern, text) for name, pattern in SHIPPED.items()}
    return {name: match.span() for name, match in found.items() if match}


def spans(found: dict[str, re.Match[str]]) -> dict[str, tuple[int, int]]:
    return {name: match.span() for name, match in found.items()}


def test_in_labelled_messages_the_same_is_found(shipped: Patterns) -> None:
    lines = (LABELLED / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    read_ = [sentence.text for line in lines for sentence in read(json.loads(line)["text"]).sentences]
    differing = [text for text in read_ if spans(shipped.find(text)) != each(text)]
    assert len(read_) > len(lines)
    assert differing == []


PARTS = sorted(set(chain.from_iterable(re.findall(r"[a-z']+(?: [a-z']+)*", pattern) for pattern in SHIPPED.values())))


def test_in_whatever_the_patterns_are_made_of_the_same_is_found(shipped: Patterns) -> None:
    seeded = random.Random(5)
    texts = [
        "".join(
            seeded.choice(PARTS) + seeded.choice((" ", " ", " ", "", "s ", ", ", "'", "-", ";", "\n", "é"))
            for _ in range(seeded.randint(1, 12))
        )
        for _ in range(400)
    ]
    assert [text for text in texts if spans(shipped.find(text)) != each(text)] == []


@given(text=st.text(alphabet="abn ,'é", max_size=12))
def test_edges_of_words_are_where_regular_expressions_see_them(text: str) -> None:
    written = [r"\b(?:a|b)n", r"\b,b", "^ab?", r"(?<!a )\bb+a", r"(?:\bn)?a", "nb", r"\b(?:a(?=b)|'n|[bn]a)", r"\bé*b$"]
    found = Patterns({pattern: (pattern,) for pattern in written}).find(text)
    alone = {pattern: match for pattern in written if (match := re.search(pattern, text))}
    assert spans(found) == spans(alone)


def test_several_patterns_for_one_name_are_found_if_one_of_them_is() -> None:
    both = Patterns({"down": (r"\bcaid[oa]\b", r"\bis down\b"), "up": (r"\bup\b",)})
    assert set(both.find("the proxy is down")) == {"down"}
    assert set(both.find("el proxy ha caido, is it up")) == {"down", "up"}


@pytest.mark.parametrize(
    ("pattern", "begun"),
    [
        (r"\bab", {"\bab"}),
        (r"\b(?:si|no) va", {"\bsi va", "\bno va"}),
        (r"\bno(?: se)? va", {"\bno se va", "\bno va"}),
        (r"\bse[n]?b", {"\bsenb", "\bseb"}),
        (r"\bx+y", {"\bx"}),
        (r"\bx*y", {"\bx", "\by"}),
        (r"\b\w+ ago", {"\b"}),
        (r"^(?:y|and)\b", {"\by", "\band"}),
        (r"down", {"down"}),
        (r"\bincommunicado", {"\bincommun"}),
    ],
)
def test_what_a_match_begins_with_is_read_off_the_pattern(pattern: str, begun: set[str]) -> None:
    assert beginnings(pattern) == begun


def test_hardly_any_pattern_has_to_be_searched_for_everywhere() -> None:
    anywhere = {name for name, pattern in SHIPPED.items() if any(len(begun) < 2 for begun in beginnings(pattern))}
    assert anywhere <= {"TELLS", "TOPIC", "AGO", "PERMITTED"}


def test_a_group_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="group"):
        beginnings(r"\b(?P<name>x)")
