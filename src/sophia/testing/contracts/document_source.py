"""What every `DocumentSource` keeps."""

from collections.abc import Callable
from typing import Any

import pytest

from sophia.domain.knowledge import DocumentFailure, DocumentListing
from sophia.errors import NotFound, Unavailable
from sophia.ports.documents import DocumentSource

__all__ = ["DocumentSourceContract"]


class DocumentSourceContract:
    """Override ``source``, ``put``, ``remove`` and ``break_off``, which work behind the port's back."""

    @pytest.fixture
    def source(self) -> DocumentSource:
        """An empty source."""
        raise NotImplementedError

    @pytest.fixture
    def put(self) -> Callable[[str, bytes], None]:
        """Puts a document of this external id and content into the source."""
        raise NotImplementedError

    @pytest.fixture
    def remove(self) -> Callable[[str], None]:
        """Removes a document from the source."""
        raise NotImplementedError

    @pytest.fixture
    def break_off(self) -> Callable[[], Any]:
        """Makes the source unreachable."""
        raise NotImplementedError

    def test_has_a_name_and_a_type(self, source: DocumentSource) -> None:
        assert source.name
        assert source.type

    def test_an_empty_source_lists_nothing(self, source: DocumentSource) -> None:
        assert list(source.list()) == []

    def test_lists_each_document_once(self, source: DocumentSource, put: Callable[[str, bytes], None]) -> None:
        put("b.md", b"two")
        put("a/c.md", b"one")
        listings = list(source.list())
        assert all(isinstance(listing, DocumentListing) for listing in listings)
        assert sorted(listing.external_id for listing in listings) == ["a/c.md", "b.md"]
        assert [listing.external_id for listing in source.list()] == [listing.external_id for listing in listings]
        sizes = {listing.external_id: listing.size for listing in listings if isinstance(listing, DocumentListing)}
        assert sizes == {"a/c.md": 3, "b.md": 3}

    def test_fetches_what_it_listed(self, source: DocumentSource, put: Callable[[str, bytes], None]) -> None:
        put("a.md", "contraseña".encode())
        (listing,) = source.list()
        document = source.fetch(listing.external_id)
        assert document.external_id == listing.external_id
        assert document.content == "contraseña".encode()
        assert document.name.endswith(".md")
        assert document.uri

    def test_fingerprint_follows_the_content(self, source: DocumentSource, put: Callable[[str, bytes], None]) -> None:
        put("a.md", b"one")
        first = self.fingerprints(source)
        assert self.fingerprints(source) == first
        put("a.md", b"two")
        second = self.fingerprints(source)
        assert second != first
        put("b.md", b"three")
        assert self.fingerprints(source)["a.md"] == second["a.md"]

    def test_what_is_gone_is_not_listed(
        self, source: DocumentSource, put: Callable[[str, bytes], None], remove: Callable[[str], None]
    ) -> None:
        put("a.md", b"one")
        put("b.md", b"two")
        remove("a.md")
        assert list(self.fingerprints(source)) == ["b.md"]
        with pytest.raises(NotFound):
            source.fetch("a.md")

    @pytest.mark.parametrize("external_id", ["nothing.md", "", "/", "../a.md", "x/../../a.md", "/etc/passwd", "a\0.md"])
    def test_what_was_never_listed_is_not_found(self, source: DocumentSource, external_id: str) -> None:
        with pytest.raises(NotFound):
            source.fetch(external_id)

    def test_an_outage_is_no_empty_listing(
        self, source: DocumentSource, put: Callable[[str, bytes], None], break_off: Callable[[], Any]
    ) -> None:
        put("a.md", b"one")
        break_off()
        with pytest.raises(Unavailable):
            list(source.list())
        with pytest.raises(Unavailable):
            source.fetch("a.md")

    @staticmethod
    def fingerprints(source: DocumentSource) -> dict[str, str]:
        """External id to fingerprint; a failure's is its reason."""
        return {
            entry.external_id: entry.reason if isinstance(entry, DocumentFailure) else entry.fingerprint
            for entry in source.list()
        }
