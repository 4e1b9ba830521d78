"""What a refresh does beyond its scenarios: what it need not do twice, and what it must not undo."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from sophia import RefreshOptions, Sophia
from sophia.application import refresh_knowledge
from sophia.bootstrap.settings import CompanySettings, Settings
from sophia.domain.knowledge import DocumentFailure, DocumentListing, KnowledgeQuery
from sophia.domain.refresh import RefreshReport, RefreshStatus
from sophia.domain.tenancy import reader_group
from sophia.errors import Unavailable
from sophia.testing.fakes.documents import MemorySource, PlainTextConverter
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.knowledge_index import MemoryKnowledgeIndex
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock
from sophia.testing.scopes import user_scope


class World:
    def __init__(self, tmp_path: Path) -> None:
        self.source = MemorySource("docs")
        self.others: tuple[MemorySource, ...] = ()
        self.converter = PlainTextConverter()
        self.sophia = Sophia(
            Settings(companies=(CompanySettings("acme"),), directory=tmp_path),
            records=MemoryRecords(FrozenClock()),
            index=MemoryKnowledgeIndex(),
            embedder=HashingEmbedder(),
            converter=self.converter,
            sources=lambda _: (self.source, *self.others),
        )

    def refresh(self, **options: bool) -> tuple[int, ...]:
        refresh = self.sophia.refresh("acme", RefreshOptions(**options))
        assert refresh.status is RefreshStatus.COMPLETED
        report = refresh.report
        assert report is not None
        return report.added, report.updated, report.removed, report.unchanged, len(report.failures)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_was_refused_is_not_tried_again_until_it_changes(world: World) -> None:
    world.source.documents["broken.md"] = b"\x00\xff\x00"
    assert world.refresh() == (0, 0, 0, 0, 1)
    assert world.refresh() == (0, 0, 0, 0, 1)
    assert world.converter.converted == ["broken.md"]
    assert world.refresh(force=True) == (0, 0, 0, 0, 1)
    assert len(world.converter.converted) == 2
    world.source.documents["broken.md"] = b"# Mended\n\nIt has words now."
    assert world.refresh() == (1, 0, 0, 0, 0)
    assert world.refresh() == (0, 0, 0, 1, 0)


def test_a_document_that_breaks_keeps_its_last_good_version_and_is_not_tried_again(world: World) -> None:
    world.source.documents["a.md"] = b"# A\n\nGood words."
    world.refresh()
    world.source.documents["a.md"] = b"\x00\xff\x00"
    assert world.refresh() == (0, 0, 0, 0, 1)
    asked = len(world.converter.converted)
    assert world.refresh() == (0, 0, 0, 0, 1)
    assert len(world.converter.converted) == asked
    with world.sophia.records.read(world.sophia.scope("acme")) as tx:
        (document,) = tx.documents.list(10).items
        assert document.failure
        assert tx.documents.text(document.id) == "# A\n\nGood words."


def test_the_last_good_version_is_for_those_who_may_read_the_document_now(world: World) -> None:
    world.source.documents["a.md"] = b"# A\n\nGood words."
    world.refresh()
    world.source.documents["a.md"] = b"\x00\xff\x00"
    world.source.readers = frozenset({reader_group("soc")})
    for _ in range(2):  # refused, and refused from memory
        assert world.refresh() == (0, 0, 0, 0, 1)
        with world.sophia.records.read(world.sophia.scope("acme")) as tx:
            assert tx.documents.list(10).items == ()
        query = KnowledgeQuery("good words")
        assert world.sophia.index.search(world.sophia.scope("acme"), query) == ()
        assert len(world.sophia.index.search(user_scope(groups=["soc"]), query)) == 1


def test_what_lies_in_a_folder_that_cannot_be_looked_into_is_kept(world: World) -> None:
    world.source.documents["sub/a.md"] = b"# A\n\nGood words."
    world.source.documents["b.md"] = b"# B\n\nOther words."
    world.refresh()

    class Blind(MemorySource):
        def list(self) -> list[DocumentListing | DocumentFailure]:
            return [DocumentFailure("docs", "sub/", "permission denied")]

    world.source = Blind("docs")
    assert world.refresh() == (0, 0, 1, 0, 1)
    with world.sophia.records.read(world.sophia.scope("acme")) as tx:
        assert [document.external_id for document in tx.documents.list(10).items] == ["sub/a.md"]


class Waiting(MemorySource):
    """Says what it has once something else has happened."""

    def __init__(self, name: str, happened: Callable[[], bool]) -> None:
        super().__init__(name, {"a.md": f"# A\n\nWords of {name}.".encode()})
        self._happened = happened

    def list(self) -> Iterable[DocumentListing | DocumentFailure]:
        for _ in range(2000):
            if self._happened():
                return super().list()
            time.sleep(0.01)
        raise AssertionError(f"what {self.name} waits for has not happened")


class Gone(MemorySource):
    def list(self) -> Iterable[DocumentListing | DocumentFailure]:
        raise Unavailable(self.name, "does not answer")


def refreshed(tmp_path: Path, source: MemorySource, *others: MemorySource) -> RefreshReport:
    world = World(tmp_path)
    world.source, world.others = source, others
    report = world.sophia.refresh("acme").report
    assert report is not None
    return report


def test_sources_are_listed_side_by_side(tmp_path: Path) -> None:
    asked: list[str] = []

    class Counted(Waiting):
        def list(self) -> Iterable[DocumentListing | DocumentFailure]:
            asked.append(self.name)
            return super().list()

    first, second = (Counted(name, lambda: len(asked) == 2) for name in ("first", "second"))
    assert refreshed(tmp_path, first, second).added == 2


def test_a_slow_source_keeps_no_other_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh_knowledge, "_LISTING_PATIENCE", 0.01)
    quick = Waiting("quick", lambda: True)
    slow = Waiting("slow", lambda: bool(quick.fetched))
    assert refreshed(tmp_path, slow, quick).added == 2


def test_one_that_does_not_answer_fails_alone(tmp_path: Path) -> None:
    report = refreshed(tmp_path, Gone("gone"), Waiting("there", lambda: True))
    assert (report.added, [failure.source for failure in report.failures]) == (1, ["gone"])


def test_a_port_that_is_none_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="no port 'dsk'; did you mean 'desk'"):
        Sophia(Settings(directory=tmp_path), dsk=1)
