"""Hybrid queries on one company's index, as a turn makes them, beside the least they could cost, in the same run.

    python benchmarks/index.py [--chunks 10000 100000] [--companies 1 100] [--queries 200]

Texts are words of the example documents drawn as often as they stand there, vectors are random around centres,
queries are the example companies' questions; three documents in ten are for one group or one user only. A query is
``Retrieve``: words, meaning, fusion, and the passages read from SQLite; the embedding of its text is told apart.

The floor is an exact scan by numpy (float32, a row a chunk) and one plain tantivy query for the same 100 candidates
each: no access filter, coverage, fusion or passages. Floor and query alternate. Processor time is of the whole
process. OPENBLAS_NUM_THREADS is 1, as ``sophia serve`` has it, unless it is set.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import random
import re
import shutil
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

if __name__ in {"__main__", "__mp_main__"}:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import attrs
import numpy as np
import tantivy

from sophia import Sophia
from sophia.application.retrieve import Retrieve
from sophia.application.sync_index import SyncIndex
from sophia.bootstrap.settings import CompanySettings, Settings
from sophia.domain.knowledge import Chunk, Document, document_id, text_version
from sophia.domain.tenancy import EVERYONE, Company, reader_group, reader_user
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.scopes import system_scope, user_scope

EXAMPLES = Path(__file__).parent.parent / "examples"
CHUNKS_A_DOCUMENT = 20
WORDS_A_CHUNK = 80
CENTRES = 1000
DEPTH = 100
AT_ONCE = 4
READERS = [[EVERYONE]] * 7 + [[reader_group("soc")]] * 2 + [[reader_user("ana")]]


def questions():
    """What the example companies are asked."""
    found = []
    for company in ("acme", "globex"):
        kinds = json.loads((EXAMPLES / company / "questions.json").read_text(encoding="utf-8"))
        found += [item["question"] for item in kinds["answered"]]
    return found


def words():
    """The words of the example documents, each as often as it stands there."""
    texts = (file.read_text(encoding="utf-8") for file in sorted(EXAMPLES.glob("*/docs/**/*.md")))
    return re.findall(r"\w[\w.:/-]*\w", " ".join(texts))


def vectors(count, seed, width=384):
    """Random unit vectors around common centres."""
    centres = np.random.default_rng(7).standard_normal((CENTRES, width), dtype=np.float32)
    generator = np.random.default_rng(seed)
    made = centres[generator.integers(0, CENTRES, count)]
    made += 0.6 * generator.standard_normal((count, width), dtype=np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def document(company, number, vocabulary, draw, name="", now=datetime(2026, 1, 2, tzinfo=UTC)):
    """A document with its text and its chunks."""
    texts = [" ".join(draw.choices(vocabulary, k=WORDS_A_CHUNK)) for _ in range(CHUNKS_A_DOCUMENT)]
    text = "\n".join(texts)
    starts = itertools.accumulate((len(each) + 1 for each in texts[:-1]), initial=0)
    chunks = [
        Chunk(i, start, start + len(each), each) for i, (start, each) in enumerate(zip(starts, texts, strict=True))
    ]
    name = name or f"{number}.md"
    made = Document(
        document_id(company, "docs", name), "docs", name, f"Document {number}", name, "es", text_version(text),
        text_version(text), len(text), len(chunks), now, frozenset(READERS[number % len(READERS)]),
    )  # fmt: skip
    return made, text, chunks


def store(sophia, company, documents, seed):
    """Put documents with vectors into the system of record."""
    with sophia.records.write(system_scope(company)) as tx:
        digests = []
        for made, text, chunks in documents:
            tx.documents.put(made, text, chunks)
            digests += [chunk.digest(made.title) for chunk in chunks]
        rows = vectors(len(digests), seed)
        packed = (row.astype("<f4").tobytes() for row in rows)
        tx.documents.add_vectors(dict(zip(digests, packed, strict=True)), sophia.embedder.version)


def fill(sophia, company, chunks):
    """Give a company so many chunks; returns the seconds that the index took for them."""
    vocabulary, draw = words(), random.Random(company)
    count = chunks // CHUNKS_A_DOCUMENT
    for start in range(0, count, 50):
        numbers = range(start, min(start + 50, count))
        store(sophia, company, [document(company, number, vocabulary, draw) for number in numbers], start + 1)
    began = time.perf_counter()
    SyncIndex(sophia.records, sophia.index, sophia.embedder)(system_scope(company))
    return time.perf_counter() - began


def open_sophia(folder, companies):
    settings = attrs.evolve(Settings(), directory=folder, companies=tuple(map(CompanySettings, companies)))
    return Sophia(settings)


def retrieving(sophia, companies):
    """The use case of a turn."""
    directory = MemoryTenantDirectory()
    for company in companies:
        directory.add(Company(company, company))
    return Retrieve(sophia.records, sophia.index, directory, 8)


class Floor:
    """The least that the two sides of a search could cost."""

    def __init__(self, sophia, company, folder):
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("text")
        folder.mkdir()
        index = tantivy.Index(builder.build(), path=str(folder))
        writer = index.writer(50_000_000, num_threads=1)
        rows, have = [], 0
        with sophia.records.read(system_scope(company)) as tx:
            while changes := tx.documents.changes(have, sophia.embedder.version, 200):
                have = changes[-1].generation
                for chunk in (chunk for change in changes for chunk in change.chunks):
                    rows.append(np.frombuffer(chunk.vector, "<f4"))
                    writer.add_document(tantivy.Document(id=chunk.id, text=chunk.chunk.text))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._index, self._searcher, self._vectors = index, index.searcher(), np.array(rows, np.float32)

    def scan(self, vector):
        similarities = self._vectors @ np.asarray(vector, np.float32)
        return np.argpartition(-similarities, min(DEPTH, len(similarities) - 1))[:DEPTH]

    def words(self, text):
        query = self._index.parse_query(re.sub(r"\W+", " ", text), ["text"])
        return [
            self._searcher.doc(address)["id"] for _, address in self._searcher.search(query, DEPTH, count=False).hits
        ]

    def __call__(self, _, text, vector):
        self.scan(vector)
        self.words(text)


def timed(call):
    cpu, began = time.process_time(), time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000


def summary(rows):
    wall, cpu = zip(*rows, strict=True)
    return f"p50 {statistics.median(wall):6.1f}  p99 {np.percentile(wall, 99):6.1f}  cpu {statistics.median(cpu):6.1f}"


def alternate(contestants, asked):
    """One after the other, in one thread."""
    rows = {name: [] for name in contestants}
    for arguments in asked:
        for name, contestant in contestants.items():
            rows[name].append(timed(lambda contestant=contestant, arguments=arguments: contestant(*arguments)))
    return rows


def together(contestant, asked):
    """Four at once; returns the wall time (ms) of each query, and the queries a second and processor ms a query."""
    queue, wall = iter(asked), []

    def work():
        for arguments in queue_of(queue):
            began = time.perf_counter()
            contestant(*arguments)
            wall.append((time.perf_counter() - began) * 1000)

    lock = threading.Lock()

    def queue_of(items):
        while True:
            with lock:
                item = next(items, None)
            if item is None:
                return
            yield item

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    cpu, began = time.process_time(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    return wall, len(asked) / took, (time.process_time() - cpu) * 1000 / len(asked)


def resident():
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def run_fill(folder, companies, chunks):
    sophia = open_sophia(folder, companies)
    began = time.perf_counter()
    indexing = sum(fill(sophia, company, chunks // len(companies)) for company in companies)
    stored = time.perf_counter() - began - indexing
    print(
        f"  filled: stored in {stored:.0f} s, indexed in {indexing:.0f} s ({chunks / indexing:,.0f} chunks/s)",
        flush=True,
    )


def run_queries(folder, companies, queries):
    sophia = open_sophia(folder, companies)
    retrieve = retrieving(sophia, companies)
    asked = list(itertools.islice(itertools.cycle(questions()), queries))
    sophia.embedder.embed_query("warm")
    embedded = [timed(lambda text=text: sophia.embedder.embed_query(text)) for text in asked]
    before = resident()
    rows = [
        (company, text, tuple(map(float, vector)))
        for company, text, vector in zip(itertools.cycle(companies), asked, vectors(len(asked), 0), strict=False)
    ]
    opened = timed(lambda: retrieve(user_scope(rows[0][0]), *rows[0][1:]))
    for row in rows[: len(companies)]:
        retrieve(user_scope(row[0]), *row[1:])
    print(
        f"  first query {opened[0]:.0f} ms; memory {before:.0f} -> {resident():.0f} MB with every company's index open"
    )
    print(f"  embedding of the query    {summary(embedded)}")
    floor = Floor(sophia, companies[0], folder / "floor")
    contestants = {
        "floor: scan": lambda _, __, vector: floor.scan(vector),
        "floor: words": lambda _, text, __: floor.words(text),
        "query": lambda company, text, vector: retrieve(user_scope(company, "luis"), text, vector),
        "query, nothing filtered": lambda company, text, vector: retrieve(system_scope(company), text, vector),
        "query, words only": lambda company, text, _: retrieve(user_scope(company, "luis"), text, ()),
        "query, meaning only": lambda company, _, vector: retrieve(user_scope(company, "luis"), "", vector),
    }
    alternate(contestants, rows[:20])
    for name, found in alternate(contestants, rows).items():
        print(f"  {name:25} {summary(found)}", flush=True)
    for name, contestant in (("floor", floor), ("query", contestants["query"])):
        wall, rate, cpu = together(contestant, rows)
        p50, p99 = statistics.median(wall), np.percentile(wall, 99)
        print(
            f"  {f'{name}, {AT_ONCE} at once':25} p50 {p50:6.1f}  p99 {p99:6.1f}  cpu {cpu:6.1f}  {rate:6.0f}/s",
            flush=True,
        )


def run_changes(folder, companies):
    sophia = open_sophia(folder, companies)
    reader = open_sophia(folder, companies)
    company, vocabulary, draw = companies[0], words(), random.Random(1)
    sync = SyncIndex(sophia.records, sophia.index, sophia.embedder)
    query = (user_scope(company), "firewall")
    search = retrieving(reader, companies)
    rows = {"one document replaced": [], "next query elsewhere": []}
    for number in range(5):
        store(sophia, company, [document(company, number, vocabulary, draw)], 10_000 + number)
        rows["one document replaced"].append(timed(lambda: sync(system_scope(company))))
        rows["next query elsewhere"].append(timed(lambda: search(*query, tuple(map(float, vectors(1, 1)[0])))))
    for name, found in rows.items():
        print(f"  {name:25} {summary(found)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--companies", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="fill this folder once and measure it again the next time")
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    scratch = options.keep or Path(tempfile.mkdtemp(prefix="sophia-index-"))

    def apart(function, *arguments):
        """In a process of its own, whose memory is its own."""
        process = spawn.Process(target=function, args=arguments)
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)

    try:
        for chunks, count in itertools.product(options.chunks, options.companies):
            companies = [f"company-{number}" for number in range(count)]
            folder = scratch / f"{chunks}-{count}"
            print(f"{chunks:,} chunks, {count} companies (ms)", flush=True)
            if not folder.exists():
                apart(run_fill, folder, companies, chunks)
            apart(run_queries, folder, companies, options.queries)
            shutil.rmtree(folder / "floor")
            apart(run_changes, folder, companies)
    finally:
        if not options.keep:
            shutil.rmtree(scratch)
