"""SOPHIA with a test's outside world on a loopback port of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from conformance import Contract
from harness import KEYS, Outside, World
from werkzeug.serving import WSGIRequestHandler, make_server

from databases import closed, open_sqlite
from sophia.adapters.sql.records import SqlRecords
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia

__all__ = ["served"]


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[tuple[World, str]]:
    """A world on SQLite that knows the documents of both companies, and the address it answers at."""
    engine = open_sqlite(folder / "sophia.db")
    outside = Outside()
    sophia = Sophia(parse_settings({}, folder), records=SqlRecords(engine, outside.clock), **outside.adapters())
    world = World(sophia, outside, Contract())
    for company in KEYS:
        sophia.refresh(company)
    server = make_server("127.0.0.1", 0, world.app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield world, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        world.close()
        closed(engine)
