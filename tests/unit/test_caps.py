"""Each cap of a source: a company sets it, it cuts, and the answer's limitations name it."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from test_systems_client import Rotating
from test_toolbox import HeardLog, Search, box

from sophia.adapters.splunk import SplunkSource
from sophia.adapters.systems.source import Place
from sophia.bootstrap.settings_file import load_settings
from sophia.bootstrap.settings_sources import SystemSettings
from sophia.domain.agents import ToolCall
from sophia.domain.lookups import LookupCaps
from sophia.domain.readonly import SplPolicy
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.splunk import Found, SplunkEmulator

ROWS = [{"user": f"user-{n}"} for n in range(20)]


def set_by_company(tmp_path: Path, caps: str) -> LookupCaps:
    """The caps as a company's settings have them."""
    file = tmp_path / "sophia.toml"
    file.write_text(
        '[[companies]]\nid = "acme"\nusers = [{ id = "ana" }]\n[[companies.sources]]\nname = "siem"\ntype = "splunk"\n'
        f'url = "https://siem.example.com"\ncredential = "splunk/token"\ncaps = {{ {caps} }}\n'
    )
    (source,) = load_settings(file).companies[0].sources
    assert isinstance(source, SystemSettings)
    return source.lookup_caps


def named(tmp_path: Path, caps: str, found: Found, calls: int = 1, **arguments: Any) -> Sequence[str]:
    """The limitations of a turn that looks at a Splunk with these caps, all at the same time."""
    with SplunkEmulator(make_day(), token="t", answers=lambda _: found) as splunk:
        place = Place("acme", "siem", splunk.url, Rotating("t"), caps=set_by_company(tmp_path, caps))
        tools = box(Search(), HeardLog(), systems=[SplunkSource(place, SplPolicy())], calls=16)
        asked = {"operation": "search", "search": "index=x", **arguments}
        tools.call_all([ToolCall(f"call-{n}", "splunk_query", asked) for n in range(calls)])
        return tools.limitations


@pytest.mark.parametrize(
    ("caps", "found", "calls", "told"),
    [
        ("hours = 2", Found(ROWS[:1]), 1, "siem: only the end of the period was looked at (at most 2 h)"),
        ("rows = 5", Found(ROWS), 1, "siem: 5 of 20 rows were kept (at most 5)"),
        (
            "megabytes = 1",
            Found([{"user": "x" * 50_000}] * 40),
            1,
            "siem: the answer was too large and was cut at 1 MB",
        ),
        (
            "seconds = 1",
            Found([{"user": "x" * 20_000}] * 50, pause=0.3),
            1,
            (  # SOPHIA stops reading, or Splunk has stopped by itself: it is told the time as well
                "siem: the query was stopped after 1 s; something may be missing",
                "siem: the result is incomplete, the system itself says: Search auto-finalized after time limit (1 s",
            ),
        ),
        (
            "a_turn = 2",
            Found(ROWS),
            4,
            "splunk_query: one answer may look at siem 2 times at the most; the rest was not",
        ),
        ("a_day = 2", Found(ROWS), 4, "splunk_query: the 2 look-ups at siem that a day (UTC) allows are used up"),
    ],
    ids=["range", "rows", "bytes", "time", "a turn", "a day"],
)
def test_a_cap_is_a_company_s_and_is_named_where_it_cuts(tmp_path, caps, found, calls, told) -> None:
    limitations = named(tmp_path, caps, found, calls)
    assert any(limitation.startswith(told) for limitation in limitations), limitations
    assert not any(limitation.startswith(told) for limitation in named(tmp_path, "", Found(ROWS[:1]), 1))


def test_who_finds_no_place_among_those_at_once_is_told(tmp_path) -> None:
    reached, over = threading.Event(), threading.Event()

    def hangs(_: object) -> Found:
        reached.set()
        over.wait(30)
        return Found(ROWS)

    with SplunkEmulator(make_day(), token="t", answers=hangs) as splunk:
        caps = set_by_company(tmp_path, "at_once = 1, seconds = 1")
        source = SplunkSource(Place("acme", "siem", splunk.url, Rotating("t"), caps=caps), SplPolicy())
        tools = box(Search(), HeardLog(), systems=[source])
        asked = {"operation": "search", "search": "index=x"}
        tools.call_all([ToolCall(f"call-{n}", "splunk_query", asked) for n in range(2)])
        over.set()
        assert reached.is_set()
        assert len(splunk.jobs) <= 1
    assert any("siem: timed out after 1 s" in told for told in tools.limitations), tools.limitations


def test_the_tools_of_a_turn_are_counted_and_named(tmp_path) -> None:
    told = named(tmp_path, "", Found(ROWS[:1]), 17)
    assert told == ("splunk_query: this answer has used as many tools as it may; something is missing",)
