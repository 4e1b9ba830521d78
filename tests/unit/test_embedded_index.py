"""What the embedded index does beyond its port: crashes, broken files, other processes."""

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sophia.adapters.embedded_index.index import EmbeddedKnowledgeIndex
from sophia.application.sync_index import SyncIndex
from sophia.domain.knowledge import (
    Chunk,
    Document,
    DocumentChange,
    IndexedChunk,
    KnowledgeQuery,
    document_id,
    text_version,
)
from sophia.domain.tenancy import EVERYONE
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.fakes.memory.records import MemoryRecords
from sophia.testing.fakes.system import FrozenClock
from sophia.testing.scopes import system_scope, user_scope

NOW = datetime(2026, 1, 2, tzinfo=UTC)
EMBEDDER = HashingEmbedder()


def change(document_id: str, text: str, generation: int) -> DocumentChange:
    (vector,) = EMBEDDER.embed_passages([text])
    chunk = IndexedChunk(f"{document_id}:{generation}:0", Chunk(0, 0, len(text), text), vector)
    return DocumentChange(document_id, generation, document_id, "en", frozenset({EVERYONE}), (chunk,))


def found(index: EmbeddedKnowledgeIndex, text: str) -> list[str]:
    hits = index.search(user_scope(), KnowledgeQuery(text, EMBEDDER.embed_query(text)))
    return [hit.document_id for hit in hits]


def open_index(folder: Path, version: str = EMBEDDER.version) -> EmbeddedKnowledgeIndex:
    return EmbeddedKnowledgeIndex(folder, version)


def test_another_index_on_the_folder_sees_what_is_written(tmp_path: Path) -> None:
    writer, reader = open_index(tmp_path), open_index(tmp_path)
    writer.apply(system_scope(), [change("a", "firewall", 1)], 1)
    assert found(reader, "firewall") == ["a"]
    writer.apply(system_scope(), [change("a", "backup", 2), change("b", "firewall", 3)], 3)
    assert found(reader, "firewall") == ["b", "a"]
    assert reader.generation(user_scope()) == 3


def test_vectors_of_another_embedder_are_never_compared(tmp_path: Path) -> None:
    open_index(tmp_path).apply(system_scope(), [change("a", "firewall", 1)], 1)
    other = open_index(tmp_path, "another-model")
    assert other.generation(user_scope()) == 0
    assert found(other, "firewall") == []


@pytest.mark.parametrize("torn", ["words ahead", "nothing published"])
def test_a_crash_while_writing_is_mended_by_applying_again(tmp_path: Path, torn: str) -> None:
    index = open_index(tmp_path)
    index.apply(system_scope(), [change("a", "firewall", 1)], 1)
    (current,) = tmp_path.rglob("CURRENT")
    published = current.read_text()
    index.apply(system_scope(), [change("b", "backup", 2)], 2)
    # The process dies before CURRENT is replaced: everything else of generation 2 is there.
    current.write_text(published)
    if torn == "nothing published":
        (tmp_path / current.parent / "dense-2.npy").unlink()
    survivor = open_index(tmp_path)
    assert survivor.generation(user_scope()) == 1
    assert found(survivor, "backup") in ([], ["a"])
    survivor.apply(system_scope(), [change("b", "backup", 2)], 2)
    assert found(survivor, "backup")[0] == "b"
    assert found(survivor, "firewall")[0] == "a"


@pytest.mark.parametrize(
    "broken", ["dense-1.npy", "dense-1.json", "lexical/meta.json", "CURRENT"], ids=lambda name: name.replace("/", "-")
)
@pytest.mark.parametrize("how", ["missing", "empty", "garbage"])
def test_files_that_cannot_be_read_are_made_anew(tmp_path: Path, broken: str, how: str) -> None:
    open_index(tmp_path).apply(system_scope(), [change("a", "firewall", 1)], 1)
    (current,) = tmp_path.rglob("CURRENT")
    file = current.parent / broken
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(b"" if how == "empty" else b"\x00garbage\xff" * 7)
    index = open_index(tmp_path)
    assert found(index, "firewall") == []
    assert index.generation(user_scope()) == 0
    assert index.apply(system_scope(), [change("a", "firewall", 1)], 1)
    assert found(index, "firewall") == ["a"]


def _write(folder: Path, name: str, count: int) -> None:
    index = open_index(folder)
    done = 0
    while done < count:
        generation = index.generation(system_scope()) + 1
        done += index.apply(system_scope(), [change(f"{name}-{done}", "firewall", generation)], generation)


def test_processes_write_one_at_a_time(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, name, 5)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    reader = open_index(tmp_path)
    while any(writer.is_alive() for writer in writers):
        hits = found(reader, "firewall")
        assert len(hits) == len(set(hits))
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    expected = {f"{name}-{i}" for name in ("a", "b") for i in range(5)}
    hits = reader.search(user_scope(), KnowledgeQuery("firewall", limit=50))
    assert {hit.document_id for hit in hits} <= expected


def put(records: MemoryRecords, name: str, text: str) -> None:
    document = Document(
        document_id("acme", "docs", name), "docs", name, name, name, "en", text_version(text), name, 1, 1, NOW
    )
    with records.write(system_scope()) as tx:
        tx.documents.put(document, text, [Chunk(0, 0, len(text), text)])


def test_the_index_follows_the_records_and_does_not_outlive_them(tmp_path: Path) -> None:
    records = MemoryRecords(FrozenClock())
    put(records, "a.md", "firewall rules")
    index = open_index(tmp_path)
    sync = SyncIndex(records, index, EMBEDDER)
    assert sync(system_scope()) == 1
    assert sync(system_scope()) == 0
    assert len(found(index, "firewall")) == 1
    assert SyncIndex(MemoryRecords(FrozenClock()), index, EMBEDDER)(system_scope()) == 0
    assert index.generation(system_scope()) == 0
    assert found(index, "firewall") == []
    assert sync(system_scope()) == 1


def test_many_changes_are_handed_over_in_parts(tmp_path: Path) -> None:
    records = MemoryRecords(FrozenClock())
    for i in range(23):
        put(records, f"{i}.md", f"firewall rule {i}")
    index = open_index(tmp_path)
    assert SyncIndex(records, index, EMBEDDER, batch=5)(system_scope()) == 23
    assert len(index.search(user_scope(), KnowledgeQuery("firewall", limit=50))) == 23
