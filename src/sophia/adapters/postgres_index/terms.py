"""What the analysis finds in a text and in a query, as Postgres writes it: ``tsvector`` and ``tsquery``.

Words and identifiers share one vector: an identifier has punctuation in it, which no word has.
"""

from collections.abc import Mapping, Sequence

from sophia.adapters.terms.analysis import IDENTIFIER_WEIGHT, QueryTerm, analyse_query, terms_of

__all__ = ["tsqueries", "tsvector"]

_LAST_POSITION = 16_383
_MOST_TERMS = 64
"""Each is looked for in every chunk of the company: an essay would take seconds. Identifiers come first."""


def tsvector(text: str) -> tuple[str, int]:
    """The terms of a text with their places, and how many words it has."""
    words, identifiers = terms_of(text)
    places: dict[str, list[int]] = {}
    for terms in (words, identifiers):
        for place, term in enumerate(terms, 1):
            places.setdefault(term, []).append(min(place, _LAST_POSITION))
    return " ".join(f"{_quoted(term)}:{','.join(map(str, at))}" for term, at in places.items()), len(words)


def tsqueries(text: str, synonyms: Mapping[str, Sequence[str]]) -> list[tuple[str, float]]:
    """What a query asks for, each with its weight; a chunk has it when it has any of the alternatives."""
    terms = sorted(analyse_query(text, synonyms), key=lambda term: term.weight != IDENTIFIER_WEIGHT)
    return [(_any_of(term), term.weight) for term in terms[:_MOST_TERMS]]


def _any_of(term: QueryTerm) -> str:
    return " | ".join(f"({' <-> '.join(map(_quoted, phrase))})" for phrase in term.alternatives)


def _quoted(term: str) -> str:
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
