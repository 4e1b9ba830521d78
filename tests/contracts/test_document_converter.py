import pytest

from sophia.adapters.markitdown.converter import MarkItDownConverter
from sophia.domain.knowledge import RawDocument
from sophia.testing.contracts.document_converter import DocumentConverterContract
from sophia.testing.fakes.documents import PlainTextConverter


@pytest.fixture(scope="module")
def markitdown():
    converter = MarkItDownConverter()
    yield converter
    converter.close()


class TestPlainTextConverter(DocumentConverterContract):
    @pytest.fixture
    def converter(self):
        return PlainTextConverter()


class TestMarkItDownConverter(DocumentConverterContract):
    @pytest.fixture
    def converter(self, markitdown):
        return markitdown


class TestMarkItDownConverterOfHtml(TestMarkItDownConverter):
    @pytest.fixture
    def document(self):
        content = "<title>Accesos</title><body><p>La contraseña caduca.</p></body>".encode()
        return RawDocument("accesos.html", "accesos.html", content, "memory://accesos.html")
