"""What every `KnowledgeIndex` keeps."""

from collections.abc import Sequence

import pytest

from sophia.domain.knowledge import Chunk, DocumentChange, IndexedChunk, KnowledgeQuery
from sophia.domain.tenancy import EVERYONE, TenantScope, reader_group, reader_user
from sophia.ports.embedder import Embedder
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.scopes import system_scope, user_scope

__all__ = ["KnowledgeIndexContract"]

_EVERYONE = frozenset({EVERYONE})


class KnowledgeIndexContract:
    """Override ``index``, and ``embedder`` where the index has one of its own.

    An index that needs time to show what it was given waits in ``apply``.
    """

    @pytest.fixture
    def index(self, embedder: Embedder) -> KnowledgeIndex:
        """An empty index, to be filled with vectors of the embedder."""
        raise NotImplementedError

    @pytest.fixture
    def embedder(self) -> Embedder:
        """What makes the vectors."""
        return HashingEmbedder()

    def change(
        self,
        embedder: Embedder,
        document_id: str,
        texts: Sequence[str],
        generation: int = 1,
        readers: frozenset[str] = _EVERYONE,
        *,
        embedded: bool = True,
    ) -> DocumentChange:
        """A document of these chunks."""
        vectors: Sequence[bytes | None] = embedder.embed_passages(texts) if embedded else [None] * len(texts)
        chunks = []
        start = 0
        for i, (text, vector) in enumerate(zip(texts, vectors, strict=True)):
            chunk = Chunk(i, start, start + len(text), text)
            chunks.append(IndexedChunk(f"{document_id}:{generation}:{i}", chunk, vector))
            start += len(text) + 1
        return DocumentChange(document_id, generation, document_id, "en", readers, tuple(chunks))

    def found(
        self, index: KnowledgeIndex, scope: TenantScope, text: str, embedder: Embedder | None = None, limit: int = 10
    ) -> list[str]:
        """The documents found for a text, best first; by words only when no embedder is given."""
        vector = embedder.embed_query(text) if embedder else ()
        hits = index.search(scope, KnowledgeQuery(text, vector, limit))
        return list(dict.fromkeys(hit.document_id for hit in hits))

    def test_empty(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        assert index.generation(user_scope()) == 0
        assert self.found(index, user_scope(), "firewall", embedder) == []

    def test_finds_by_words_and_by_meaning(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        changes = [
            self.change(embedder, "fw", ["firewall rules are reviewed monthly by the network team"], 1),
            self.change(embedder, "bk", ["backups are kept for ninety days in the vault"], 2),
        ]
        assert index.apply(system_scope(), changes, 2)
        assert index.generation(system_scope()) == 2
        assert self.found(index, user_scope(), "firewall rules")[0] == "fw"
        assert self.found(index, user_scope(), "backups vault", embedder)[0] == "bk"

    def test_tells_words_from_meaning(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope(), [self.change(embedder, "fw", ["firewall rules reviewed"])], 1)
        (both,) = index.search(user_scope(), KnowledgeQuery("firewall", embedder.embed_query("firewall")))
        assert both.similarity is not None
        assert -1.001 <= both.similarity <= 1.001
        assert 0 < both.coverage <= 1
        (words,) = index.search(user_scope(), KnowledgeQuery("firewall"))
        assert words.coverage > 0
        (meaning,) = index.search(user_scope(), KnowledgeQuery("", embedder.embed_query("firewall")))
        assert meaning.similarity == pytest.approx(both.similarity, abs=1e-4)

    def test_a_chunk_without_a_vector_is_found_by_its_words(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope(), [self.change(embedder, "fw", ["firewall rules"], embedded=False)], 1)
        (hit,) = index.search(user_scope(), KnowledgeQuery("firewall", embedder.embed_query("firewall")))
        assert hit.document_id == "fw"
        assert hit.similarity is None

    @pytest.mark.parametrize(
        "identifier", ["CVE-2024-3400", "T1059.001", "10.20.0.0/16", "fw-madrid-2", "show system info"]
    )
    def test_identifiers_are_found_exactly(self, index: KnowledgeIndex, embedder: Embedder, identifier: str) -> None:
        near = {
            "CVE-2024-3400": "CVE-2024-3401",
            "T1059.001": "T1059.002",
            "10.20.0.0/16": "10.21.0.0/16",
            "fw-madrid-2": "fw-madrid-3",
            "show system info": "show interface info system wide",
        }[identifier]
        changes = [
            self.change(embedder, "another", [f"this page is about {near} and nothing else"], 1),
            self.change(embedder, "exact", [f"this page is about {identifier} and nothing else"], 2),
        ]
        index.apply(system_scope(), changes, 2)
        assert self.found(index, user_scope(), f"what is {identifier}?")[0] == "exact"

    @pytest.mark.parametrize(
        ("said", "asked"),
        [
            ("las contraseñas caducan cada noventa días", "contrasena caduca"),
            ("the passwords are rotated", "rotating password"),
            ("revisión de las políticas", "POLITICA"),
        ],
    )
    def test_inflection_accents_and_case_do_not_matter(
        self, index: KnowledgeIndex, embedder: Embedder, said: str, asked: str
    ) -> None:
        other = self.change(embedder, "other", ["something else altogether"], 1)
        index.apply(system_scope(), [other, self.change(embedder, "said", [said], 2)], 2)
        assert self.found(index, user_scope(), asked)[:1] == ["said"]

    def test_synonyms_widen_the_words(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope(), [self.change(embedder, "fw", ["el firewall perimetral"], embedded=False)], 1)
        assert not index.search(user_scope(), KnowledgeQuery("cortafuegos"))
        widened = KnowledgeQuery("Cortafuegos", synonyms={"cortafuegos": ("firewall",)})
        assert [hit.document_id for hit in index.search(user_scope(), widened)] == ["fw"]

    def test_the_limit_holds_and_the_best_come_first(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        texts = [f"firewall rule number {i} of the list" for i in range(30)]
        index.apply(system_scope(), [self.change(embedder, "fw", texts)], 1)
        hits = index.search(user_scope(), KnowledgeQuery("firewall rule", embedder.embed_query("firewall rule"), 7))
        assert len(hits) == 7
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert len({hit.chunk_id for hit in hits}) == 7

    def test_the_same_query_gives_the_same_order(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope(), [self.change(embedder, f"d{i}", ["firewall rules"], i) for i in range(1, 20)], 19)
        query = KnowledgeQuery("firewall", embedder.embed_query("firewall"), 5)
        assert index.search(user_scope(), query) == index.search(user_scope(), query)

    def test_a_changed_document_is_replaced_whole(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope(), [self.change(embedder, "d", ["firewall rules", "old appendix"], 1)], 1)
        index.apply(system_scope(), [self.change(embedder, "d", ["backup rotation"], 2)], 2)
        assert index.generation(user_scope()) == 2
        assert self.found(index, user_scope(), "firewall") == []
        assert self.found(index, user_scope(), "appendix") == []
        hits = index.search(user_scope(), KnowledgeQuery("", embedder.embed_query("firewall"), 10))
        assert [hit.chunk_id for hit in hits] == ["d:2:0"]

    def test_a_removed_document_is_gone_from_words_and_meaning(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        changes = [self.change(embedder, "a", ["firewall rules"], 1), self.change(embedder, "b", ["firewall"], 2)]
        index.apply(system_scope(), changes, 2)
        index.apply(system_scope(), [DocumentChange("a", 3)], 3)
        assert self.found(index, user_scope(), "firewall rules", embedder) == ["b"]
        assert self.found(index, user_scope(), "firewall rules") == ["b"]

    def test_applying_twice_is_applying_once(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        change = self.change(embedder, "a", ["firewall rules"], 1)
        index.apply(system_scope(), [change], 1)
        index.apply(system_scope(), [change], 1)
        hits = index.search(user_scope(), KnowledgeQuery("firewall", embedder.embed_query("firewall")))
        assert [hit.chunk_id for hit in hits] == ["a:1:0"]

    def test_a_generation_without_changes(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope(), [self.change(embedder, "a", ["firewall rules"], 1)], 1)
        index.apply(system_scope(), [], 5)
        assert index.generation(user_scope()) == 5
        assert self.found(index, user_scope(), "firewall") == ["a"]

    def test_clearing_forgets(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope(), [self.change(embedder, "a", ["firewall rules"], 1)], 1)
        index.clear(system_scope())
        assert index.generation(user_scope()) == 0
        assert self.found(index, user_scope(), "firewall", embedder) == []

    def test_settling_changes_nothing_that_is_found(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope(), [self.change(embedder, "a", ["firewall rules"], 1)], 1)
        found = self.found(index, user_scope(), "firewall", embedder)
        for _ in range(2):
            assert index.settle(system_scope(), lambda *_: None) == ()
            assert index.generation(system_scope()) == 1
            assert self.found(index, user_scope(), "firewall", embedder) == found == ["a"]

    def test_companies_do_not_see_one_another(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        index.apply(system_scope("acme"), [self.change(embedder, "a", ["firewall rules"], 1)], 1)
        index.apply(system_scope("globex"), [self.change(embedder, "g", ["firewall rules"], 7)], 7)
        assert self.found(index, user_scope("acme"), "firewall", embedder) == ["a"]
        assert self.found(index, user_scope("globex"), "firewall", embedder) == ["g"]
        assert self.found(index, user_scope("initech"), "firewall", embedder) == []
        index.clear(system_scope("globex"))
        assert index.generation(user_scope("acme")) == 1
        assert self.found(index, user_scope("acme"), "firewall", embedder) == ["a"]

    @pytest.mark.parametrize("embedded", [True, False])
    def test_only_readers_find_a_document(self, index: KnowledgeIndex, embedder: Embedder, embedded: bool) -> None:
        readers = {
            "all": _EVERYONE,
            "soc": frozenset({reader_group("soc"), reader_group("it")}),
            "ana": frozenset({reader_user("ana")}),
        }
        changes = [
            self.change(embedder, name, ["firewall rules"], i, who, embedded=embedded)
            for i, (name, who) in enumerate(readers.items(), 1)
        ]
        index.apply(system_scope(), changes, 3)
        assert set(self.found(index, user_scope(user="ana"), "firewall", embedder)) == {"all", "ana"}
        assert set(self.found(index, user_scope(user="bo", groups=["soc"]), "firewall", embedder)) == {"all", "soc"}
        assert set(self.found(index, user_scope(user="bo"), "firewall", embedder)) == {"all"}
        assert set(self.found(index, system_scope(), "firewall", embedder)) == set(readers)

    def test_readers_are_taken_before_ranking(self, index: KnowledgeIndex, embedder: Embedder) -> None:
        secret = [
            self.change(embedder, f"s{i}", ["firewall firewall firewall"], i, frozenset({reader_user("eva")}))
            for i in range(1, 301)
        ]
        open_ = self.change(embedder, "open", ["a firewall among other things"], 301)
        index.apply(system_scope(), [*secret, open_], 301)
        assert self.found(index, user_scope(), "firewall", embedder, limit=3) == ["open"]
        assert self.found(index, user_scope(), "firewall", limit=3) == ["open"]

    @pytest.mark.parametrize(
        "text", ["", " ", "¿?", '"', "AND OR NOT ( ) : ^ ~ * \\ [ ] { }", "-", "a:b", "🔥", "x" * 8000], ids=len
    )
    def test_odd_queries_are_harmless(self, index: KnowledgeIndex, embedder: Embedder, text: str) -> None:
        index.apply(system_scope(), [self.change(embedder, "a", ["firewall rules"], 1)], 1)
        index.search(user_scope(), KnowledgeQuery(text))
        index.search(user_scope(), KnowledgeQuery(text, embedder.embed_query(text)))
