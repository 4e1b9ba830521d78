"""What every system of record keeps of the knowledge base."""

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sophia.domain.knowledge import ChunkText, Document, DocumentChange, DocumentFailure, SourceStatus, text_version
from sophia.domain.limits import KnowledgeSize
from sophia.domain.tenancy import EVERYONE, TenantScope, reader_group, reader_user
from sophia.errors import DocumentRejected, InvalidInput, NotFound, PermissionDenied
from sophia.ports.records import KEPT_VERSIONS
from sophia.testing.contracts.records_world import (
    ANA,
    BOB,
    EVE,
    OTHER_SYSTEM,
    SYSTEM,
    Attempt,
    RecordsCase,
    World,
    chunked,
    vector,
)
from sophia.testing.scopes import system_scope

__all__ = ["DocumentsContract"]

_TEXT = "La política de contraseñas 🔐\nDoce caracteres\nRotación anual\n"
_NEWER = "La política de contraseñas 🔐\nCatorce caracteres\n"
_SOC = frozenset({reader_group("soc"), reader_user("root")})
_SETTINGS = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
        HealthCheck.too_slow,
    ],
)


class DocumentsContract(RecordsCase):
    """Documents, texts, chunks, vectors, generations."""

    def test_a_document_reads_back_as_it_was_stored(self, world: World) -> None:
        stored = world.put("claves", _TEXT)
        assert stored == evolve(world.document("claves", _TEXT), pending=3)
        with world.records.read(BOB) as tx:
            assert tx.documents.get(stored.id) == stored
            assert tx.documents.text(stored.id) == _TEXT
            assert tx.documents.text(stored.id, stored.version) == _TEXT
            assert tx.documents.list(10).items == (stored,)

    @pytest.mark.parametrize("stranger", [BOB, EVE, OTHER_SYSTEM])
    def test_what_is_not_the_callers_to_read_reads_like_none_at_all(self, world: World, stranger: TenantScope) -> None:
        stored = world.put("secreto", _TEXT, readers=_SOC)
        chunk_ids = self.chunk_ids(world, stored)
        with world.records.write(stranger) as tx:
            for id_ in (stored.id, "doc_none"):
                for attempt in (tx.documents.get, tx.documents.text, tx.documents.remove):
                    with pytest.raises(NotFound) as caught:
                        attempt(id_)
                    assert (caught.value.kind, caught.value.id) == ("document", id_)
            with pytest.raises(NotFound):
                tx.documents.touch(evolve(stored, readers=frozenset({EVERYONE})))
            assert tx.documents.list(10).items == ()
            assert tx.documents.passages(chunk_ids) == ()
            assert all(source.documents == 0 for source in tx.documents.sources())
        with world.records.write(BOB) as tx, pytest.raises(NotFound):
            tx.documents.put(evolve(stored, readers=frozenset({EVERYONE})), _NEWER, chunked(_NEWER))
        for scope in (ANA, SYSTEM):
            with world.records.read(scope) as tx:
                assert tx.documents.get(stored.id) == stored
                assert tx.documents.list(10).items == (stored,)
                assert len(tx.documents.passages(chunk_ids)) == 3
                assert tx.documents.sources()[0].documents == 1

    def test_the_same_document_in_two_companies_is_two(self, world: World) -> None:
        ours = world.put("claves", _TEXT)
        theirs = world.put("claves", _NEWER, OTHER_SYSTEM)
        with world.records.write(SYSTEM) as tx:
            tx.documents.remove(ours.id)
        with world.records.read(EVE) as tx:
            assert tx.documents.get(theirs.id) == theirs
            assert tx.documents.text(theirs.id) == _NEWER
            assert tx.documents.generation() == 1

    def test_a_new_version_replaces_and_the_old_text_stays_for_a_while(self, world: World) -> None:
        texts = [f"Versión {n}\n" for n in range(KEPT_VERSIONS + 2)]
        for text in texts:
            document = world.put("claves", text)
        with world.records.read(ANA) as tx:
            assert tx.documents.get(document.id) == evolve(world.document("claves", texts[-1]), pending=1)
            assert tx.documents.text(document.id) == texts[-1]
            for text in texts[-KEPT_VERSIONS:]:
                assert tx.documents.text(document.id, text_version(text)) == text
            with pytest.raises(NotFound):
                tx.documents.text(document.id, text_version("never"))

    def test_going_back_to_an_old_text_makes_it_the_newest(self, world: World) -> None:
        for text in (_TEXT, _NEWER, _TEXT):
            document = world.put("claves", text)
        for n in range(KEPT_VERSIONS - 1):
            world.put("claves", f"{n}")
        with world.records.read(ANA) as tx:
            assert tx.documents.text(document.id, text_version(_TEXT)) == _TEXT

    def test_its_size_is_that_of_all_documents_as_they_are_now(self, world: World) -> None:
        def size(scope: TenantScope) -> KnowledgeSize:
            with world.records.read(scope) as tx:
                return tx.documents.size()

        assert size(SYSTEM) == KnowledgeSize()
        world.put("vpn", "la clave era larga\n")
        world.put("vpn", "año\n")
        secret = world.put("rota", "la noche\n", readers=frozenset({reader_user("bob")}))
        world.put("vpn", "texto\n", OTHER_SYSTEM)
        assert size(SYSTEM) == KnowledgeSize(2, len("año\nla noche\n".encode()))
        with world.records.write(SYSTEM) as tx:
            tx.documents.touch(evolve(secret, failure="broken", size=7))
        assert size(SYSTEM) == KnowledgeSize(2, len("año\nla noche\n".encode()))
        with world.records.write(SYSTEM) as tx:
            tx.documents.remove(secret.id)
        assert size(SYSTEM) == KnowledgeSize(1, len("año\n".encode()))
        with world.records.read(ANA) as tx, pytest.raises(PermissionDenied):
            tx.documents.size()

    def test_a_text_with_nul_is_refused(self, world: World) -> None:
        with pytest.raises(DocumentRejected):
            world.put("nul", "a\0b")

    def test_removing_erases_every_version_and_vector(self, world: World) -> None:
        world.put("claves", _TEXT)
        self.embed(world, SYSTEM)
        document = world.put("claves", _NEWER)
        self.embed(world, SYSTEM)
        digests = [c.digest(document.title) for c in (*chunked(_TEXT), *chunked(_NEWER))]
        chunk_ids = self.chunk_ids(world, document)
        with world.records.write(SYSTEM) as tx:
            tx.documents.remove(document.id)
        with world.records.write(SYSTEM) as tx:
            for version in (None, text_version(_TEXT), text_version(_NEWER)):
                with pytest.raises(NotFound):
                    tx.documents.text(document.id, version)
            with pytest.raises(NotFound):
                tx.documents.get(document.id)
            with pytest.raises(NotFound):
                tx.documents.remove(document.id)
            assert tx.documents.passages(chunk_ids) == ()
            assert tx.documents.missing_vectors(digests, "e1") == set(digests)
            assert tx.documents.of_source("docs") == {}

    def test_a_vector_that_another_document_needs_stays(self, world: World) -> None:
        first = world.put("claves", _TEXT)
        twin = evolve(world.document("copia", _TEXT), title=first.title)
        with world.records.write(SYSTEM) as tx:
            tx.documents.put(twin, _TEXT, chunked(_TEXT))
        self.embed(world, SYSTEM)
        digests = [c.digest(first.title) for c in chunked(_TEXT)]
        with world.records.write(SYSTEM) as tx:
            tx.documents.remove(first.id)
            assert tx.documents.missing_vectors(digests, "e1") == set()
            tx.documents.put(twin, _NEWER, chunked(_NEWER))
            assert tx.documents.missing_vectors(digests, "e1") == set(digests[1:])

    def test_unchanged_chunks_keep_their_vectors(self, world: World) -> None:
        world.put("claves", _TEXT)
        self.embed(world, SYSTEM)
        document = world.put("claves", _NEWER)
        assert (document.chunks, document.pending) == (2, 1)
        kept, changed = chunked(_NEWER)
        with world.records.read(SYSTEM) as tx:
            assert tx.documents.pending("e1", 10) == (
                (changed.digest(document.title), changed.embedded_text(document.title)),
            )
            (change,) = tx.documents.changes(0, "e1", 10)
        assert change.chunks[0].chunk == kept
        assert [c.vector is None for c in change.chunks] == [False, True]

    def test_vectors_can_come_before_their_document(self, world: World) -> None:
        document = world.document("claves", _TEXT)
        digests = [c.digest(document.title) for c in chunked(_TEXT)]
        with world.records.write(SYSTEM) as tx:
            assert tx.documents.missing_vectors(digests, "e1") == set(digests)
            tx.documents.add_vectors({digest: vector(1, 0) for digest in digests}, "e1")
            tx.documents.put(document, _TEXT, chunked(_TEXT))
            assert tx.documents.get(document.id).pending == 0
            assert tx.documents.pending("e1", 10) == ()
            assert tx.documents.missing_vectors(digests, "e1") == set()

    def test_vectors_are_of_one_embedder_and_one_company(self, world: World) -> None:
        document = world.put("claves", _TEXT)
        world.put("claves", _TEXT, OTHER_SYSTEM)
        self.embed(world, SYSTEM)
        digests = [c.digest(document.title) for c in chunked(_TEXT)]
        with world.records.write(SYSTEM) as tx:
            assert tx.documents.missing_vectors(digests, "e1") == set()
            assert tx.documents.missing_vectors(digests, "e2") == set(digests)
            assert len(tx.documents.pending("e2", 10)) == 3
            tx.documents.add_vectors({digests[0]: vector(0, 1)}, "e2")
            assert tx.documents.get(document.id).pending == 2
            (change,) = tx.documents.changes(0, "e1", 10)
            assert [c.vector for c in change.chunks] == [vector(1, 0)] * 3
            (change,) = tx.documents.changes(0, "e2", 10)
            assert [c.vector for c in change.chunks] == [vector(0, 1), None, None]
        with world.records.read(OTHER_SYSTEM) as tx:
            assert tx.documents.missing_vectors(digests, "e1") == set(digests)

    def test_a_vector_made_anew_takes_the_place_of_the_old_one(self, world: World) -> None:
        world.put("claves", "una línea\n")
        with world.records.write(SYSTEM) as tx:
            ((digest, _),) = tx.documents.pending("e1", 10)
            tx.documents.add_vectors({digest: vector(1, 0)}, "e1")
            generation = tx.documents.generation()
            tx.documents.add_vectors({digest: vector(0, 1)}, "e1")
            assert tx.documents.generation() == generation
            assert tx.documents.changes(0, "e1", 1)[0].chunks[0].vector == vector(0, 1)

    def test_what_waits_for_a_vector_comes_once_and_all_of_it(self, world: World) -> None:
        first = world.put("claves", _TEXT)
        with world.records.write(SYSTEM) as tx:
            tx.documents.put(evolve(world.document("copia", _TEXT), title=first.title), _TEXT, chunked(_TEXT))
        texts: dict[str, ChunkText] = {}
        while True:
            with world.records.write(SYSTEM) as tx:
                batch = tx.documents.pending("e1", 2)
                assert batch == tx.documents.pending("e1", 2)
                if not batch:
                    break
                assert len(batch) <= 2
                assert texts.keys().isdisjoint(digest for digest, _ in batch)
                texts |= dict(batch)
                tx.documents.add_vectors({digest: vector(1, 0) for digest, _ in batch}, "e1")
        assert texts == {c.digest(first.title): c.embedded_text(first.title) for c in chunked(_TEXT)}
        with world.records.read(SYSTEM) as tx:
            assert [document.pending for document in tx.documents.list(10).items] == [0, 0]

    def test_every_change_is_a_generation_of_its_own(self, world: World) -> None:
        with world.records.read(SYSTEM) as tx:
            assert tx.documents.generation() == 0
            assert tx.documents.changes(0, "e1", 10) == ()
        first, second = world.put("uno", _TEXT), world.put("dos", _TEXT)
        with world.records.read(SYSTEM) as tx:
            assert tx.documents.generation() == 2
            changes = tx.documents.changes(0, "e1", 10)
        assert [(c.document_id, c.generation) for c in changes] == [(first.id, 1), (second.id, 2)]
        self.embed(world, SYSTEM)
        with world.records.write(SYSTEM) as tx:
            since = tx.documents.generation()
            embedded = tx.documents.changes(2, "e1", 10)
            assert {c.document_id for c in embedded} == {first.id, second.id}
            assert len({c.generation for c in embedded}) == 2
            tx.documents.touch(evolve(first, fingerprint="other", failure="roto", size=9))
            assert tx.documents.generation() == since
            assert tx.documents.get(first.id) == evolve(first, fingerprint="other", failure="roto", size=9, pending=0)
            tx.documents.touch(evolve(first, readers=_SOC))
            tx.documents.remove(second.id)
            assert tx.documents.generation() == since + 2
            touched, gone = tx.documents.changes(since, "e1", 10)
            assert (touched.document_id, touched.readers, len(touched.chunks)) == (first.id, _SOC, 3)
            assert gone == DocumentChange(second.id, since + 2)
            assert tx.documents.changes(since, "e1", 1) == (touched,)
            assert tx.documents.changes(since + 2, "e1", 10) == ()
        with world.records.read(BOB) as tx, pytest.raises(NotFound):
            tx.documents.get(first.id)

    def test_a_removed_document_that_comes_back_is_no_longer_gone(self, world: World) -> None:
        document = world.put("claves", _TEXT)
        with world.records.write(SYSTEM) as tx:
            tx.documents.remove(document.id)
        world.put("claves", _TEXT)
        with world.records.read(SYSTEM) as tx:
            (change,) = tx.documents.changes(0, "e1", 10)
        assert (change.document_id, change.generation, len(change.chunks)) == (document.id, 3, 3)

    def test_a_change_holds_what_an_index_needs(self, world: World) -> None:
        document = world.put("claves", _TEXT, readers=_SOC)
        with world.records.read(SYSTEM) as tx:
            (change,) = tx.documents.changes(0, "e1", 10)
        assert (change.title, change.language, change.readers) == (document.title, document.language, _SOC)
        assert tuple(indexed.chunk for indexed in change.chunks) == chunked(_TEXT)
        assert len({indexed.id for indexed in change.chunks}) == 3

    @_SETTINGS
    @given(
        steps=st.lists(st.tuples(st.sampled_from(["put", "remove", "embed"]), st.sampled_from("abc")), max_size=12),
        limit=st.integers(1, 3),
    )
    def test_following_the_changes_gives_what_is_stored(
        self, world: World, steps: list[tuple[str, str]], limit: int
    ) -> None:
        scope = system_scope(world.ids.new("cmp"))
        index: dict[str, DocumentChange] = {}
        since = 0
        for n, (step, name) in enumerate(steps):
            document = world.document(name, f"texto {name} {n % 3}\n", scope.company_id)
            text = f"texto {name} {n % 3}\n"
            with world.records.write(scope) as tx:
                try:
                    if step == "put":
                        tx.documents.put(document, text, chunked(text))
                    elif step == "remove":
                        tx.documents.remove(document.id)
                    else:
                        tx.documents.add_vectors(
                            {digest: vector(1, 0) for digest, _ in tx.documents.pending("e1", 2)}, "e1"
                        )
                except NotFound:
                    pass
            if n % 2:
                since = self.follow(world, scope, index, since, limit)
        self.follow(world, scope, index, since, limit)
        with world.records.read(scope) as tx:
            whole = {change.document_id: change for change in tx.documents.changes(0, "e1", 1000)}
            stored = {document.id for document in tx.documents.list(10).items}
        assert {id_ for id_, change in index.items() if change.chunks} == stored
        assert {id_: c for id_, c in index.items() if c.chunks} == {id_: c for id_, c in whole.items() if c.chunks}

    def follow(self, world: World, scope: TenantScope, index: dict[str, DocumentChange], since: int, limit: int) -> int:
        """Bring an index up to date; the generation it stands for then."""
        while True:
            with world.records.read(scope) as tx:
                changes = tx.documents.changes(since, "e1", limit)
                if not changes:
                    return since
            for change in changes:
                assert change.generation > since
                since = change.generation
                index[change.document_id] = change

    def test_passages_come_in_the_order_asked(self, world: World) -> None:
        document = world.put("claves", _TEXT)
        ids = self.chunk_ids(world, document)
        asked = [ids[2], "doc_none:0:0", "nonsense", ids[0], f"{document.id}:00000000:1", ""]
        with world.records.read(ANA) as tx:
            found = tx.documents.passages(asked)
            assert tx.documents.passages([]) == ()
        assert [passage.chunk_id for passage in found] == [ids[2], ids[0]]
        chunk = chunked(_TEXT)[2]
        assert (found[0].text, found[0].start, found[0].end) == (chunk.text, chunk.start, chunk.end)
        assert _TEXT[found[0].start : found[0].end] == found[0].text
        assert (found[0].heading, found[0].kind) == (chunk.heading, chunk.kind)
        assert (found[0].document_id, found[0].document_version) == (document.id, document.version)
        assert (found[0].title, found[0].uri, found[0].source) == (document.title, document.uri, document.source)

    def test_chunk_ids_are_stable_for_a_version_and_change_with_it(self, world: World) -> None:
        document = world.put("claves", _TEXT)
        before = self.chunk_ids(world, document)
        assert self.chunk_ids(world, world.put("claves", _TEXT)) == before
        after = self.chunk_ids(world, world.put("claves", _NEWER))
        assert set(before).isdisjoint(after)
        with world.records.read(ANA) as tx:
            assert tx.documents.passages(before) == ()

    @_SETTINGS
    @given(limit=st.integers(1, 4), names=st.lists(st.text("abcdef", min_size=1, max_size=3), max_size=8))
    def test_paging_loses_nothing_and_repeats_nothing(self, world: World, limit: int, names: list[str]) -> None:
        scope = system_scope(world.ids.new("cmp"))
        first = {world.put(f"d{n}", _TEXT, scope).id for n in range(6)}
        seen: list[str] = []
        cursor = None
        later = iter(names)
        while True:
            with world.records.read(scope) as tx:
                page = tx.documents.list(limit, cursor)
            seen += [document.id for document in page.items]
            if (cursor := page.next) is None:
                break
            if name := next(later, None):
                world.put(name, _TEXT, scope)
        assert seen == sorted(seen)
        assert len(seen) == len(set(seen))
        assert first <= set(seen)

    def test_a_list_can_be_of_one_source(self, world: World) -> None:
        ours = world.put("claves", _TEXT)
        other = world.document("wiki", _TEXT, source="wiki")
        with world.records.write(SYSTEM) as tx:
            tx.documents.put(other, _TEXT, chunked(_TEXT))
        with world.records.read(SYSTEM) as tx:
            assert tx.documents.list(10, source="docs").items == (ours,)
            assert tx.documents.list(10, source="none").items == ()
            assert tx.documents.of_source("docs") == {"claves": ours}
            assert len(tx.documents.list(1).items) == 1
            with pytest.raises(InvalidInput):
                tx.documents.list(1, "nonsense")
        for_sophia: tuple[Attempt, ...] = (
            lambda tx: tx.documents.of_source("docs"),
            lambda tx: tx.documents.changes(0, "e1", 1),
        )
        for ask in for_sophia:
            with world.records.read(ANA) as tx, pytest.raises(PermissionDenied):
                ask(tx)

    def test_sources_are_told_with_what_the_caller_may_read(self, world: World) -> None:
        world.put("claves", _TEXT)
        world.put("secreto", _NEWER, readers=_SOC)
        failures = (DocumentFailure("docs", "roto.pdf", "está cifrado"),)
        now = world.clock.now()
        with world.records.write(SYSTEM) as tx:
            tx.documents.set_source("docs", "folder", now, ())
            tx.documents.set_source("docs", "folder", now, failures)
            tx.documents.set_source("vacía", "folder", now, ())
        empty = SourceStatus("vacía", "folder", 0, 0, 0, now)
        with world.records.read(SYSTEM) as tx:
            assert tx.documents.sources() == (SourceStatus("docs", "folder", 2, 5, 5, now, failures), empty)
            assert tx.documents.waiting() == 5
        with world.records.read(BOB) as tx:
            assert tx.documents.sources() == (SourceStatus("docs", "folder", 1, 3, 3, now, failures), empty)
            assert tx.documents.waiting() == 3
        with world.records.read(EVE) as tx:
            assert tx.documents.sources() == ()
            assert tx.documents.waiting() == 0
        with world.records.write(SYSTEM) as tx:
            tx.documents.forget_source("vacía")
            tx.documents.forget_source("never")
            assert [source.name for source in tx.documents.sources()] == ["docs"]

    def test_a_source_that_does_not_answer_was_read_when_it_was_read(self, world: World) -> None:
        failures = (DocumentFailure("siem", "", "siem: cannot be reached"),)
        now = world.clock.now()
        with world.records.write(SYSTEM) as tx:
            tx.documents.set_source("siem", "splunk", None, failures)
            assert tx.documents.sources() == (SourceStatus("siem", "splunk", 0, 0, 0, None, failures),)
            tx.documents.set_source("siem", "splunk", now, ())
            tx.documents.set_source("siem", "splunk", None, failures)
            assert tx.documents.sources() == (SourceStatus("siem", "splunk", 0, 0, 0, now, failures),)

    def chunk_ids(self, world: World, document: Document) -> list[str]:
        """The ids of a document's chunks, in order."""
        with world.records.read(SYSTEM) as tx:
            changes = {change.document_id: change for change in tx.documents.changes(0, "e1", 1000)}
        return [indexed.id for indexed in changes[document.id].chunks]

    def embed(self, world: World, scope: TenantScope) -> None:
        """Give every chunk that waits the vector (1, 0), by the embedder ``e1``."""
        with world.records.write(scope) as tx:
            tx.documents.add_vectors({d: vector(1, 0) for d, _ in tx.documents.pending("e1", 1000)}, "e1")
