"""What the analysis finds in a text and in a query, as tantivy takes it."""

import math
from collections.abc import Sequence

import tantivy
from tantivy import Occur, Query

from sophia.adapters.terms.analysis import ANALYZERS, IDENTIFIERS, WORDS, QueryTerm, composed

__all__ = ["add_fields", "coverage_query", "idf", "lexical_fields", "lexical_query", "register_analyzers"]


def add_fields(builder: tantivy.SchemaBuilder) -> None:
    """Add the two fields that are filled and searched here."""
    builder.add_text_field(WORDS, tokenizer_name=WORDS)
    builder.add_text_field(IDENTIFIERS, tokenizer_name=IDENTIFIERS, index_option="freq")


def register_analyzers(index: tantivy.Index) -> None:
    """Make the fields' analyzers known to an index; needed each time one is opened."""
    for field, analyzer in ANALYZERS.items():
        index.register_tokenizer(field, analyzer)


def lexical_fields(text: str) -> dict[str, str]:
    """What the fields hold for a chunk; give its title and headings along with its text."""
    return dict.fromkeys(ANALYZERS, composed(text))


def lexical_query(schema: tantivy.Schema, terms: Sequence[QueryTerm]) -> Query:
    """The query that finds chunks with any of the terms and ranks them by BM25."""
    return Query.boolean_query([(Occur.Should, Query.boost_query(_any_of(schema, t), t.weight)) for t in terms])


def coverage_query(schema: tantivy.Schema, terms: Sequence[QueryTerm], searcher: tantivy.Searcher) -> Query:
    """The query whose score is the share (0 to 1) of the terms' idf that a chunk covers.

    A term that no chunk has counts too: what is not known here is not covered.
    """
    weights = [t.weight * max(idf(searcher, t.field, alternative) for alternative in t.alternatives) for t in terms]
    total = math.fsum(weights) or 1.0
    return Query.boolean_query(
        [
            (Occur.Should, Query.const_score_query(_any_of(schema, term), weight / total))
            for term, weight in zip(terms, weights, strict=True)
        ]
    )


def idf(searcher: tantivy.Searcher, field: str, phrase: Sequence[str]) -> float:
    """How telling a term is, in BM25's own measure; of a phrase the sum over its terms, as tantivy has it."""
    chunks = searcher.num_docs
    return math.fsum(
        math.log1p((max(chunks - found, 0) + 0.5) / (found + 0.5))
        for found in (searcher.doc_freq(field, term) for term in phrase)
    )


def _any_of(schema: tantivy.Schema, term: QueryTerm) -> Query:
    queries = [
        Query.term_query(schema, term.field, phrase[0], "freq")
        if len(phrase) == 1
        else Query.phrase_query(schema, term.field, list(phrase))
        for phrase in term.alternatives
    ]
    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries)
