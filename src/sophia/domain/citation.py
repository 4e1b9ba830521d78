"""Citations that can be proved: a quote, the place it claims, and the check of one against the other."""

import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from sophia.domain.accents import without_accents
from sophia.domain.knowledge import Passage

__all__ = ["Citation", "Quote", "Unsupported", "find_unsupported", "prove", "sentences", "words_of"]


@frozen
class Quote:
    """What an agent claims to quote: exact words of a passage that it was given.

    ``start`` and ``end`` are code points in the stored text of the passage's document version. Words that an agent
    puts into a passage's mouth are carried as it gave them, with the place that comes nearest: `prove` finds them out.
    """

    index: int
    passage: Passage
    start: int
    end: int
    text: str


@frozen
class Citation:
    """A quote after the check. ``verified`` means that it stands there exactly, not that it is true."""

    index: int
    document_id: str
    title: str
    source: str
    uri: str
    heading: tuple[str, ...]
    quote: str
    start: int
    end: int
    document_version: str
    verified: bool


@frozen
class Unsupported:
    """A stretch of an answer (code points) that no verified citation supports, and how that was found."""

    start: int
    end: int
    method: str


def prove(quote: Quote, stored_text: str | None) -> Citation:
    """Check a quote against the stored text of the exact version it names (None: there is none)."""
    passage = quote.passage
    stands = (
        stored_text is not None and 0 <= quote.start < quote.end and stored_text[quote.start : quote.end] == quote.text
    )
    return Citation(
        index=quote.index,
        document_id=passage.document_id,
        title=passage.title,
        source=passage.source,
        uri=passage.uri,
        heading=passage.heading,
        quote=quote.text,
        start=quote.start,
        end=quote.end,
        document_version=passage.document_version,
        verified=stands,
    )


# A stop, what closes with it, and its markers. A small letter goes on with the sentence ("e.g. this").
_SENTENCE_END = re.compile(r"[.!?…][»”\"')\]]*(?:\s*\[\d+\])*\s+(?=[¿¡«“\"'(*_`-]*[^\W_a-zà-öø-ÿ])|\n+")
_MARKER = re.compile(r"\[(\d+)\]")
_WORD = re.compile(r"\w+")


def sentences(text: str) -> Iterable[tuple[int, int]]:
    """Spans (code points) of the sentences and lines of a text, markers such as [1] kept with what they follow."""
    start = 0
    for end in [*(m.end() for m in _SENTENCE_END.finditer(text)), len(text)]:
        raw = text[start:end]
        left = start + len(raw) - len(raw.lstrip())
        right = start + len(raw.rstrip())
        if left < right:
            yield left, right
        start = end


def find_unsupported(
    answer: str, claims: Iterable[tuple[int, int]], citations: Sequence[Citation]
) -> tuple[Unsupported, ...]:
    """The sentences within ``claims`` (spans of the answer) that no verified citation supports.

    A sentence is supported when it carries a marker of a verified citation and at least half of its
    words stand in what those citations quote. It is a check of words, not of truth.
    """
    quoted = {c.index: words_of(c.quote) for c in citations if c.verified}
    found = []
    for claim_start, claim_end in claims:
        for start, end in sentences(answer[claim_start:claim_end]):
            sentence = answer[claim_start + start : claim_start + end]
            words = words_of(_MARKER.sub(" ", sentence))
            if not words:
                continue
            marked = [quoted[int(n)] for n in _MARKER.findall(sentence) if int(n) in quoted]
            if not marked:
                found.append(Unsupported(claim_start + start, claim_start + end, "no-verified-citation"))
            elif 2 * len(words & set().union(*marked)) < len(words):
                found.append(Unsupported(claim_start + start, claim_start + end, "word-overlap"))
    return tuple(found)


def words_of(text: str) -> set[str]:
    """The words of a text, in lower case and without accents."""
    return set(_WORD.findall(without_accents(text.lower())))
