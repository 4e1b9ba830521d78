from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.citation import Citation, Quote, find_unsupported, prove, sentences
from sophia.testing.contracts.agent_runtime import make_passage

STORED = "Intro.\n\nPasswords are changed every ninety days. Nobody shares them."
PASSAGE = make_passage("Passwords are changed every ninety days. Nobody shares them.", start=8)


def cited(quote: str, index: int = 1, *, verified: bool = True) -> Citation:
    return Citation(index, "doc", "Title", "docs", "file:///x", (), quote, 0, len(quote), "sha256:0", verified)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! ¿Tres? Four", ["One.", "Two!", "¿Tres?", "Four"]),
        ("A claim. [1]", ["A claim. [1]"]),
        ("A claim [1]. Another. [2] A third [3].", ["A claim [1].", "Another. [2]", "A third [3]."]),
        ("See «the policy» for more, e.g. the annex.", ["See «the policy» for more, e.g. the annex."]),
        ("He said “stop.” Then he left.", ["He said “stop.”", "Then he left."]),
        ("- One [1]\n- Two [2]\n\nThree", ["- One [1]", "- Two [2]", "Three"]),
        ("Versión 10.2.9-h1 de PAN-OS. Ábrela.", ["Versión 10.2.9-h1 de PAN-OS.", "Ábrela."]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(alphabet="aB .!?¿\n[1]«»é", max_size=60))
def test_sentences_hold_every_letter_once(text: str) -> None:
    spans = list(sentences(text))
    assert all(a_end <= b_start for (_, a_end), (b_start, _) in pairwise(spans))
    assert "".join("".join(split(text)).split()) == "".join(text.split())


def test_a_quote_that_stands_there_is_verified() -> None:
    quote = Quote(1, PASSAGE, 8, 48, "Passwords are changed every ninety days.")
    citation = prove(quote, STORED)
    assert citation.verified
    assert STORED[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize(
    ("start", "end", "text", "stored"),
    [
        (8, 48, "Passwords are changed every sixty days..", STORED),
        (9, 49, "Passwords are changed every ninety days.", STORED),
        (8, 48, "Passwords are changed every ninety days.", None),
        (8, 48, "Passwords are changed every ninety days.", "another text"),
        (-60, -20, STORED[-60:-20], STORED),
        (8, 8, "", STORED),
    ],
)
def test_a_quote_that_does_not_is_not(start: int, end: int, text: str, stored: str | None) -> None:
    assert not prove(Quote(1, PASSAGE, start, end, text), stored).verified


@given(st.integers(0, len(STORED)), st.integers(0, len(STORED)))
def test_any_slice_of_the_stored_text_is_verified(start: int, end: int) -> None:
    assert prove(Quote(1, PASSAGE, start, end, STORED[start:end]), STORED).verified == (start < end)


def unsupported(answer: str, *citations: Citation) -> list[tuple[str, str]]:
    found = find_unsupported(answer, [(0, len(answer))], citations)
    return [(answer[u.start : u.end], u.method) for u in found]


def test_a_sentence_needs_a_verified_citation() -> None:
    assert unsupported("Passwords change.") == [("Passwords change.", "no-verified-citation")]
    unverified = cited("Passwords change.", verified=False)
    assert unsupported("Passwords change [1].", unverified) == [("Passwords change [1].", "no-verified-citation")]
    assert unsupported("Passwords change [2].", cited("Passwords change.")) != []
    assert unsupported("Passwords change [1].", cited("Passwords change.")) == []


def test_a_marker_alone_does_not_support_other_words() -> None:
    answer = "Backups are kept in Leeds [1]. Las contraseñas caducan [1]."
    found = unsupported(answer, cited("Las contraseñas caducan cada noventa días."))
    assert found == [("Backups are kept in Leeds [1].", "word-overlap")]


def test_words_that_claim_nothing_need_no_support() -> None:
    answer = "Hello there. Passwords change."
    assert [u.start for u in find_unsupported(answer, [(13, len(answer))], ())] == [13]
