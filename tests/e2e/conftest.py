"""What the tests of the HTTP API are given."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from browsing import launched
from conformance import Contract
from harness import KEYS, PATIENCE, Outside, World
from playwright.sync_api import Browser, expect, sync_playwright

from databases import closed, open_sqlite
from sophia.adapters.sql.records import SqlRecords
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.testing.fakes.memory import MemoryRecords


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        chromium = launched(playwright.chromium)
        yield chromium
        chromium.close()


@pytest.fixture(params=["memory", "sql"])
def make_world(request: pytest.FixtureRequest, tmp_path: Path, contract: Contract) -> Iterator[Callable[..., World]]:
    """Makes one SOPHIA with an empty knowledge base, on each system of record, given sections of its settings."""
    with ExitStack() as stack:

        def make(**sections: object) -> World:
            outside = Outside()
            if request.param == "memory":
                records: object = MemoryRecords(outside.clock)
            else:
                engine = open_sqlite(tmp_path / "sophia.db")
                stack.callback(closed, engine)
                records = SqlRecords(engine, outside.clock)
            sophia = Sophia(parse_settings(sections, tmp_path), records=records, **outside.adapters())
            return stack.enter_context(closing(World(sophia, outside, contract)))

        yield make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """SOPHIA with the usual settings."""
    return make_world()


@pytest.fixture
def informed(world: World) -> World:
    """SOPHIA that knows the documents of both companies."""
    for company in KEYS:
        world.sophia.refresh(company)
    return world
