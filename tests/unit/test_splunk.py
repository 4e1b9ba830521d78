"""Splunk: what it says, as tables and texts."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from test_systems_client import Rotating

from sophia.adapters.splunk import SplunkSource, splunk_documents
from sophia.adapters.splunk.translate import Export, fill_in, lines
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import CutKind, Finding, Lookup, LookupCaps, TimeRange
from sophia.domain.readonly import SplPolicy
from sophia.errors import InvalidInput, QueryRefused, Unavailable
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.splunk import ADMIN, Found, Message, SplunkEmulator
from sophia.testing.emulators.system import Fault
from sophia.testing.scopes import user_scope

ANA = user_scope("acme", "ana")
NOW = datetime.now(UTC)
SPAN = TimeRange(NOW - timedelta(days=2), NOW)  # the whole of yesterday, at any hour
RECORDED = Path(__file__).parents[3] / "shared/data/payloads/splunk"


def place(url: str, **caps: float) -> Place:
    return Place("acme", "siem", url, Rotating("t"), caps=LookupCaps(**caps))


def look(
    url: str, policy: SplPolicy | None = None, operation: str = "search", caps=None, **arguments: object
) -> Finding:
    source = SplunkSource(place(url, **(caps or {})), policy or SplPolicy(), web_url="https://splunk.example.com")
    return source.look_up(ANA, Lookup(operation, arguments, SPAN), lambda: None)


def found(*rows: dict[str, object], caps=None, faults=(), **more: object) -> Finding:
    with SplunkEmulator(make_day(), token="t", answers=lambda _: Found(rows, **more), faults=faults) as splunk:
        return look(splunk.url, caps=caps, search="index=x")


def test_rows_become_a_table() -> None:
    finding = found({"_time": "2026-01-01", "_bkt": "x", "user": "ana", "_raw": "…"}, {"user": ["bob", "eve"], "n": 3})
    assert finding.columns == ("_time", "user", "n", "_raw")
    assert finding.rows == (("2026-01-01", "ana", "", "…"), ("", "bob, eve", "3", ""))
    assert finding.uri.startswith("https://splunk.example.com/app/search/search?q=search+index")


def test_previews_and_a_byte_order_mark_are_no_rows() -> None:
    finding = found({"user": "ana"}, {"user": "bob"}, previews=3, bom=True)
    assert (finding.rows, finding.seen, finding.cuts) == ((("ana",), ("bob",)), 2, ())


def test_what_splunk_says_of_a_result_is_told() -> None:
    messages = (Message("WARN", "an indexer is down"), Message("INFO", "fine"), Message("FATAL", "out of disk", 1))
    finding = found({"user": "ana"}, {"user": "bob"}, messages=messages)
    assert finding.rows == (("ana",),)
    partial = [cut.detail for cut in finding.cuts if cut.kind is CutKind.PARTIAL]
    assert partial == ["an indexer is down", "out of disk", "the answer broke off"]


def test_a_search_that_is_wrong_is_told_so() -> None:
    with pytest.raises(InvalidInput, match="Unknown search command 'foo'"):
        found(messages=(Message("FATAL", "Unknown search command 'foo'."),))
    body = json.dumps({"messages": [{"type": "FATAL", "text": "Error in 'stats'"}]}).encode()
    with pytest.raises(InvalidInput, match="Error in 'stats'"):
        found(faults=[Fault(status=400, body=body)])


def test_nothing_found_is_no_row_and_no_cut() -> None:
    finding = found()
    assert (finding.columns, finding.rows, finding.seen, finding.cuts) == ((), (), 0, ())


def test_an_answer_that_breaks_off_is_marked() -> None:
    rows = [{"user": f"user-{n}"} for n in range(2000)]
    finding = found(*rows, faults=[Fault(cuts_after=40_000)], caps={"rows": 1000})
    assert len(finding.rows) > 100
    assert [cut.kind for cut in finding.cuts][-1] is CutKind.PARTIAL


def test_a_search_that_takes_too_long_gives_what_there_is() -> None:
    rows = ({"user": "x" * 20_000} for _ in range(50))
    finding = found(*rows, pause=0.3, caps={"seconds": 1.5})
    assert 0 < finding.seen < 50
    assert CutKind.TIME in [cut.kind for cut in finding.cuts]


def test_an_answer_that_is_too_large_is_cut() -> None:
    finding = found(*({"user": "x" * 50_000} for _ in range(40)), caps={"megabytes": 1})
    assert 10 < finding.seen < 21
    assert (finding.cuts[0].kind, finding.cuts[0].detail) == (CutKind.BYTES, "1 MB")


@pytest.mark.parametrize("body", [b"<html></html>", b"[1]\n", b'{"preview":false,"messages":[3]}\n', b"\xff\n"])
def test_what_is_no_export_is_no_answer(body) -> None:
    with pytest.raises(Unavailable, match="no answer that can be read"):
        found(faults=[Fault(body=body)])


def test_the_range_and_the_limits_are_sent() -> None:
    with SplunkEmulator(make_day(), token="t", answers=lambda _: Found()) as splunk:
        look(splunk.url, search="index=x", caps={"seconds": 7})
        sent = splunk.jobs[0].search
    assert (float(sent.earliest), float(sent.latest)) == pytest.approx((SPAN.start.timestamp(), SPAN.end.timestamp()))
    assert (sent.text, sent.parameters["max_time"], sent.parameters["output_mode"]) == ("search index=x", "7", "json")


def test_a_saved_search_passes_the_guard_as_any_other() -> None:
    day = make_day()
    plain = next(one for one in day.saved if "$" not in one.search)
    policy = SplPolicy(saved_searches=frozenset({plain.name}))
    with SplunkEmulator(day, token="t") as splunk:
        assert look(splunk.url, policy, "saved_search", saved_search=plain.name).columns
        with pytest.raises(InvalidInput, match="one that the company has named"):
            look(splunk.url, operation="saved_search", saved_search=plain.name)
        with pytest.raises(InvalidInput, match="expected no arguments"):
            look(splunk.url, policy, "saved_search", saved_search=plain.name, arguments={"user": "ana"})
    writing = evolve(plain, search="index=auth | outputlookup users.csv")
    with SplunkEmulator(evolve(day, saved=(writing,)), token="t") as splunk:
        with pytest.raises(QueryRefused):
            look(splunk.url, policy, "saved_search", saved_search=plain.name)
        assert splunk.jobs == []


@pytest.mark.parametrize(
    "value", ['" | delete', "a]b", "`macro`", "$x$", "x\ny", 'a"', "", "x" * 201, "a|b", "a=b c='"]
)
def test_an_argument_is_a_value_and_nothing_more(value) -> None:
    with pytest.raises(InvalidInput, match="/arguments/user"):
        fill_in('index=auth user="$user$"', {"user": value})


def test_arguments_take_the_place_of_their_tokens() -> None:
    search = 'index=auth user="$user$" host=$args.host$'
    assert fill_in(search, {"user": "ACME\\ana", "host": "fw-1"}) == 'index=auth user="ACME\\\\ana" host=fw-1'
    with pytest.raises(InvalidInput, match="/arguments/host"):
        fill_in(search, {"user": "ana"})


def test_alerts_that_have_fired_come_newest_first() -> None:
    day = make_day()
    with SplunkEmulator(day, token="t") as splunk:
        finding = look(splunk.url, operation="fired_alerts")
    expected = sorted((one.at for one in day.fired if SPAN.start <= one.at < SPAN.end), reverse=True)
    assert expected
    assert [row[0] for row in finding.rows] == [f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" for at in expected]
    with SplunkEmulator(evolve(day, fired=()), token="t") as splunk:
        assert look(splunk.url, operation="fired_alerts").rows == ()


def test_what_the_credential_may_do_is_read() -> None:
    with SplunkEmulator(make_day(), token="t", roles=("admin",), capabilities=ADMIN) as splunk:
        access = SplunkSource(place(splunk.url), SplPolicy()).access(ANA)
    assert access.reads == "admin"
    assert {"delete_by_keyword", "admin_all_objects", "edit_user", "run_collect"} <= set(access.writes)
    assert "search" not in access.writes


def test_saved_searches_become_documents() -> None:
    day = make_day()
    with SplunkEmulator(day, token="t") as splunk:
        source = splunk_documents(place(splunk.url), web_url="https://splunk.example.com")
        listed = {one.external_id: one.fingerprint for one in source.list()}
        assert set(listed) == {f"saved-search/{one.name}" for one in day.saved}
        assert {one.external_id: one.fingerprint for one in source.list()} == listed
        document = source.fetch(f"saved-search/{day.saved[0].name}")
        text = document.content.decode()
        assert text.startswith(f"# {day.saved[0].name}\n")
        assert day.saved[0].search in text
        assert document.uri.startswith("https://splunk.example.com/app/search/report?s=")
    with pytest.raises(Unavailable):
        source.list()


def test_a_recorded_export_reads_as_it_was_meant() -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recordings are not there")
    export = Export("siem", 100)
    content = (RECORDED / "results/resultsExport.json").read_bytes()
    for line in lines([content[at : at + 7] for at in range(0, len(content), 7)]):
        export.read(line)
    whole = [json.loads(line) for line in content.decode("utf-8-sig").splitlines()]
    final = [one["result"] for one in whole if not one["preview"]]
    assert final
    assert (export.seen, export.is_whole) == (len(final), True)
    assert list(export.table) == [tuple(row.get(name, "") for name in export.columns) for row in final]


def test_every_recording_is_rows_or_a_clear_error() -> None:
    """As the answer to an export, over HTTP: XML, CSV and the JSON of other versions are no such answer."""
    if not RECORDED.is_dir():
        pytest.skip("the recordings are not there")
    read = dict[str, int]()
    files = sorted(file for kind in ("*.json", "*.xml", "*.csv") for file in RECORDED.rglob(kind))
    for file in files:
        with suppress(Unavailable, InvalidInput):  # anything else is a fault of ours
            read[file.name] = len(found(faults=[Fault(body=file.read_bytes())] * 3).rows)
    assert len(files) > 30
    assert list(read) == ["resultsExport.json"]
    assert all(read.values())
