import shutil
from pathlib import Path

import pytest

from sophia.adapters.folder.source import FolderSource
from sophia.testing.contracts.document_source import DocumentSourceContract
from sophia.testing.fakes.documents import MemorySource


class TestMemorySource(DocumentSourceContract):
    @pytest.fixture
    def source(self):
        return MemorySource()

    @pytest.fixture
    def put(self, source):
        return source.documents.__setitem__

    @pytest.fixture
    def remove(self, source):
        return source.documents.__delitem__

    @pytest.fixture
    def break_off(self, source):
        return lambda: setattr(source, "outage", "unplugged")


class TestFolderSource(DocumentSourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path):
        (tmp_path / "docs").mkdir()
        return FolderSource("docs", tmp_path / "docs")

    @pytest.fixture
    def put(self, tmp_path: Path):
        def write(external_id: str, content: bytes) -> None:
            path = tmp_path / "docs" / external_id
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

        return write

    @pytest.fixture
    def remove(self, tmp_path: Path):
        return lambda external_id: (tmp_path / "docs" / external_id).unlink()

    @pytest.fixture
    def break_off(self, tmp_path: Path):
        return lambda: shutil.rmtree(tmp_path / "docs")
