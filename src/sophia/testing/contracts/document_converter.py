"""What every `DocumentConverter` keeps."""

import pytest

from sophia.domain.knowledge import RawDocument
from sophia.errors import DocumentRejected
from sophia.ports.documents import DocumentConverter

__all__ = ["DocumentConverterContract"]


class DocumentConverterContract:
    """Override ``converter``, and ``document`` where Markdown is not what it takes."""

    @pytest.fixture
    def converter(self) -> DocumentConverter:
        """The converter under test."""
        raise NotImplementedError

    @pytest.fixture
    def document(self) -> RawDocument:
        """A document that it takes, with the word ``contraseña`` in it."""
        content = "# Accesos\n\nLa contraseña caduca a los 90 días.\n".encode()
        return RawDocument("accesos.md", "accesos.md", content, "memory://accesos.md")

    def test_version_is_stable(self, converter: DocumentConverter) -> None:
        assert converter.version
        assert converter.version == converter.version

    def test_keeps_the_words(self, converter: DocumentConverter, document: RawDocument) -> None:
        converted = converter.convert(document)
        assert converted.title.strip()
        assert "contraseña" in converted.text

    def test_same_bytes_same_text(self, converter: DocumentConverter, document: RawDocument) -> None:
        assert converter.convert(document) == converter.convert(document)

    @pytest.mark.parametrize(
        "content",
        [b"", b" \n\t\n", bytes(range(256)) * 20, b"\x89PNG\r\n\x1a\n" + bytes(100)],
        ids=["empty", "blank", "binary", "image"],
    )
    def test_rejects_with_a_reason(self, converter: DocumentConverter, document: RawDocument, content: bytes) -> None:
        broken = RawDocument(document.external_id, document.name, content, document.uri)
        with pytest.raises(DocumentRejected) as caught:
            converter.convert(broken)
        assert caught.value.reason

    def test_still_works_after_a_rejection(self, converter: DocumentConverter, document: RawDocument) -> None:
        with pytest.raises(DocumentRejected):
            converter.convert(RawDocument(document.external_id, document.name, b"", document.uri))
        assert "contraseña" in converter.convert(document).text
