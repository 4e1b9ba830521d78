import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia.domain.agents import AgentEvent, Cited, Spoken
from sophia.domain.citation import Quote, find_unsupported, prove
from sophia.domain.citing import Citing, without_markers
from sophia.testing.contracts.agent_runtime import make_passage

PASSWORDS = make_passage(
    "Passwords are changed **every ninety days**. They have at least fourteen characters.\n\n- Nobody shares them.", 1
)
BACKUPS = make_passage("Backups are made every night at two.", 2, title="Backup policy")


def read(*pieces: str, question: str = "") -> list[AgentEvent]:
    citing = Citing(question)
    assert [citing.number(PASSWORDS), citing.number(BACKUPS), citing.number(PASSWORDS)] == [1, 2, 1]
    events = [event for piece in pieces for event in citing.read(piece)]
    return [*events, *citing.close()]


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Spoken))


def quotes_of(events: list[AgentEvent]) -> list[Quote]:
    return [event.quote for event in events if isinstance(event, Cited)]


def quoted(events: list[AgentEvent]) -> list[tuple[int, str]]:
    return [(quote.index, quote.text) for quote in quotes_of(events)]


def stands(quote: Quote) -> bool:
    passage = quote.passage
    return passage.text[quote.start - passage.start : quote.end - passage.start] == quote.text


@pytest.mark.parametrize(
    ("said", "shown", "expected"),
    [
        pytest.param(
            "They must have fourteen characters [1].",
            "They must have fourteen characters [1].",
            [(1, "They have at least fourteen characters.")],
            id="the sentence nearest to the claim",
        ),
        pytest.param(
            "Backups run at two [2]. Fourteen characters at least [1]. Backups are nightly [2].",
            "Backups run at two [1]. Fourteen characters at least [2]. Backups are nightly [1].",
            [(1, "Backups are made every night at two."), (2, "They have at least fourteen characters.")],
            id="numbered as they appear, each quote once",
        ),
        pytest.param(
            "Change passwords every ninety days [1], with fourteen characters [1].",
            "Change passwords every ninety days [1], with fourteen characters [2].",
            [
                (1, "Passwords are changed **every ninety days**."),
                (2, "They have at least fourteen characters."),
            ],
            id="two markers of one sentence stand for their own half of it",
        ),
        pytest.param(
            "Passwords are changed every ninety days and have fourteen characters. [1]",
            "Passwords are changed every ninety days and have fourteen characters. [1]",
            [(1, "Passwords are changed **every ninety days**. They have at least fourteen characters.")],
            id="as many sentences as the claim takes up",
        ),
        pytest.param("Nobody shares them [1]", "Nobody shares them [1]", [(1, "Nobody shares them.")], id="an item"),
        pytest.param(
            "Según la norma [1]", "Según la norma [1]", [(1, PASSWORDS.text)], id="nothing shared: all of the passage"
        ),
        pytest.param(
            "Both are regular [1, 2].", "Both are regular [1][2].", [(1, PASSWORDS.text), (2, BACKUPS.text)], id="list"
        ),
        pytest.param(
            "Fourteen characters [1][2].",
            "Fourteen characters [1][2].",
            [(1, "They have at least fourteen characters."), (2, BACKUPS.text)],
            id="adjacent markers stand for the same words",
        ),
        pytest.param("Dragons breathe fire [7]. So what?", "Dragons breathe fire. So what?", [], id="no such passage"),
        pytest.param("Nightly [7, 2].", "Nightly [1].", [(1, BACKUPS.text)], id="one of two is no passage"),
        pytest.param("[[7]1] and [1[7]]", "[ 1] and [1 ]", [], id="what is left out leaves no marker behind"),
        pytest.param("Use `argv[1]` here.", "Use `argv[ 1]` here.", [], id="an index in code is no marker"),
        pytest.param("```\na[2]\n```\nNightly [2]", "```\na[ 2]\n```\nNightly [1]", [(1, BACKUPS.text)], id="fenced"),
        pytest.param("A lone ` sign.\nNightly [2]", "A lone ` sign.\nNightly [1]", [(1, BACKUPS.text)], id="not code"),
        pytest.param("A box [ ] and [x] and [", "A box [ ] and [x] and [", [], id="brackets"),
        pytest.param(f"[{'9' * 5000}]", f"[ {'9' * 5000}]", [], id="a number without end"),
    ],
)
def test_markers_become_quotes(said: str, shown: str, expected: list[tuple[int, str]]) -> None:
    events = read(said)
    assert text_of(events) == shown
    assert quoted(events) == expected
    assert all(stands(quote) for quote in quotes_of(events))


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("It says “every ninety days” [1].", "Passwords are changed **every ninety days**."),
        ('It says "Every  ninety days." [1]', "Passwords are changed **every ninety days**."),
        ("Dice «fourteen characters» [1].", "They have at least fourteen characters."),
        ("“Passwords … every ninety days” [1].", "Passwords are changed **every ninety days**."),
    ],
)
def test_words_in_quotation_marks_are_found_where_they_stand(said: str, quote: str) -> None:
    (found, *_) = quotes_of(read(said))
    assert (found.text, stands(found)) == (quote, True)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("It says “every thirty days” [1].", "every thirty days"),
        ("It says “every ninety days” [2].", "every ninety days"),
        ('At least "16" characters [1].', "16"),
    ],
)
def test_words_that_the_passage_does_not_hold_are_found_out(said: str, words: str) -> None:
    events = read(said)
    (quote,) = quotes_of(events)
    assert quote.text == words
    assert not stands(quote)
    document = " " * quote.passage.start + quote.passage.text
    citation = prove(quote, document)
    assert not citation.verified
    assert [u.method for u in find_unsupported(said, [(0, len(said))], [citation])] == ["no-verified-citation"]


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("«Backup policy» says that backups are nightly [2].", ""),
        ("A “break-glass” account is no backup [2].", ""),
        ("You ask about “nightly copies”: backups are made every night [2].", "Are there nightly copies?"),
    ],
)
def test_a_title_a_term_and_the_users_own_words_are_no_quotes(said: str, question: str) -> None:
    assert quoted(read(said, question=question)) == [(1, BACKUPS.text)]


_SNIPPETS = st.one_of(
    st.text(alphabet="a1[], ;`\n.“” é", max_size=8),
    st.sampled_from(
        ["[1]", " [2]", "[1, 2]", "[9]", "ninety days", "Backups at two. ", "```", "[" + "1" * 45, "“16” [1]"]
    ),
)


@given(st.lists(_SNIPPETS, max_size=12).map("".join), st.data())
def test_text_cut_anywhere_reads_the_same(said: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=8)))
    pieces = [said[a:b] for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True)]
    whole, cut = read(said), read(*pieces)
    assert text_of(cut) == text_of(whole)
    assert quotes_of(cut) == quotes_of(whole)


@given(st.lists(_SNIPPETS, max_size=12))
def test_every_marker_has_one_quote_and_every_quote_a_marker(pieces: list[str]) -> None:
    events = read(*pieces)
    indices = [quote.index for quote in quotes_of(events)]
    assert indices == list(range(1, len(indices) + 1))
    assert {int(n) for n in re.findall(r"\[(\d+)\]", text_of(events))} == set(indices)


def test_a_quote_comes_before_the_text_that_carries_its_marker() -> None:
    *_, cited, marker, stop = read("Nightly [2].")
    assert isinstance(cited, Cited)
    assert (marker, stop) == (Spoken(" [1]"), Spoken("."))


def test_a_reply_of_the_past_loses_its_markers() -> None:
    assert without_markers("Nightly [1]. Fourteen [2, 3]; a [x].") == "Nightly. Fourteen; a [x]."
