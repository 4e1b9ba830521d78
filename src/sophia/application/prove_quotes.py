"""Proving what an answer quotes."""

from collections.abc import Iterable

from sophia.domain.citation import Citation, Quote, prove
from sophia.domain.evidence import is_evidence
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound
from sophia.ports.records import Records, Transaction

__all__ = ["ProveQuotes"]


class ProveQuotes:
    """Holds quotes against what is stored, which whoever asks has to be allowed to read."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, quotes: Iterable[Quote]) -> tuple[Citation, ...]:
        """Their citations by number; one is verified if its words stand in the version that is named."""
        ordered = sorted(quotes, key=lambda quote: quote.index)
        if not ordered:
            return ()
        with self._records.read(scope) as tx:
            return tuple(prove(quote, _stored_text(tx, quote)) for quote in ordered)


def _stored_text(tx: Transaction, quote: Quote) -> str | None:
    place = quote.passage
    try:
        if is_evidence(place.document_id):
            evidence = tx.evidence.get(place.document_id)
            return evidence.text if evidence.version == place.document_version else None
        return tx.documents.text(place.document_id, place.document_version)
    except NotFound:
        return None
