"""Grafana: dashboards, frames, alerts, and what becomes of them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from test_systems_client import Rotating

from sophia.adapters.grafana import GrafanaSource, frames, grafana_documents
from sophia.adapters.grafana.dashboards import panels_of, resolve, variables_of
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import Finding, Lookup, LookupCaps, TimeRange
from sophia.domain.readonly import GrafanaPolicy
from sophia.errors import InvalidInput, QueryRefused, Unavailable
from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.grafana import EDITOR, GrafanaEmulator, frame
from sophia.testing.emulators.system import Fault
from sophia.testing.scopes import user_scope

ANA = user_scope("acme", "ana")
DAY = make_day()
NOW = datetime.now(UTC)
SPAN = TimeRange(NOW - timedelta(days=2), NOW)  # the whole of yesterday, at any hour
RECORDED = Path(__file__).parents[3] / "shared/data/payloads/mcp-grafana"


def place(url: str, **caps: float) -> Place:
    return Place("acme", "grafana", url, Rotating("t"), caps=LookupCaps(**caps))


def look(
    operation: str, *, sources=("prom-madrid", "loki-1"), emulator=None, caps=None, day=DAY, **arguments
) -> Finding:
    with GrafanaEmulator(day, token="t", **(emulator or {})) as grafana:
        source = GrafanaSource(place(grafana.url, **(caps or {})), GrafanaPolicy(frozenset(sources)))
        ranged = {one.name: one.ranged for one in source.operations}
        finding = source.look_up(ANA, Lookup(operation, arguments, SPAN if ranged[operation] else None), lambda: None)
        assert grafana.writes == []
        return finding


def test_firing_alerts_are_told_with_since_when() -> None:
    finding = look("alerts")
    firing = [rule for rule in DAY.rules if rule.state == "firing"]
    assert [row[:2] for row in finding.rows] == [(rule.name, rule.severity) for rule in firing]
    assert firing


def test_every_rule_is_told_with_its_state() -> None:
    assert {row[:2] for row in look("rules").rows} == {(rule.name, rule.state) for rule in DAY.rules}


def test_dashboards_are_found_by_words_and_show_their_panels() -> None:
    dashboard = max(DAY.dashboards, key=lambda one: len(one.panels))
    (hit,) = look("dashboards", words=dashboard.title).rows
    assert hit[:2] == (dashboard.title, dashboard.uid)
    panels = look("dashboard", dashboard=dashboard.uid).rows
    assert [(int(number), title) for number, title, *_ in panels] == [(p.id, p.title) for p in dashboard.panels]
    assert panels[0][3] == "; ".join(dashboard.panels[0].expressions)
    with pytest.raises(InvalidInput, match="/dashboard: Grafana says: Dashboard not found"):
        look("dashboard", dashboard="none")


def test_a_panel_is_found_by_the_titles_that_people_see() -> None:
    board = max(DAY.dashboards, key=lambda one: len(one.panels))
    panel = next(one for one in board.panels if one.source == "prom-madrid")
    by_id = look("panel", dashboard=board.uid, panel=panel.id)
    assert by_id.rows
    by_title = look("panel", dashboard=board.title.upper(), panel=f" {panel.title.lower()} ")
    assert evolve(by_title, uri="") == evolve(by_id, uri="")  # each Grafana has a port of its own
    assert by_title.uri.endswith(f"/d/{board.uid}?viewPanel={panel.id}")
    assert look("panel", dashboard=board.uid, panel=str(panel.id)).rows == by_id.rows
    assert look("dashboard", dashboard=board.title).query == f"dashboard {board.uid}"
    with pytest.raises(InvalidInput, match="/panel: expected one of") as refused:
        look("panel", dashboard=board.title, panel="none of these")
    assert f"{panel.id} ({panel.title})" in str(refused.value)


def test_a_title_of_several_dashboards_names_none() -> None:
    uid, title = DAY.dashboards[0].uid, DAY.dashboards[0].title
    twins = evolve(DAY, dashboards=(*DAY.dashboards, evolve(DAY.dashboards[0], uid="twin")))
    with pytest.raises(InvalidInput, match=f"/dashboard: several have this title: {uid}, twin"):
        look("dashboard", day=twins, dashboard=title)


def test_every_panel_gives_its_data_or_is_refused() -> None:
    seen = set()
    for dashboard in DAY.dashboards:
        for panel in dashboard.panels:
            try:
                seen.add(look("panel", dashboard=dashboard.uid, panel=panel.id).columns[0])
            except QueryRefused:
                seen.add("refused")
                assert panel.source == "cmdb"
    assert seen == {"series", "at", "refused"}


def test_a_data_source_that_the_company_has_not_named_is_not_asked() -> None:
    panel = next((d.uid, p.id) for d in DAY.dashboards for p in d.panels if p.source == "loki-1")
    with pytest.raises(QueryRefused):
        look("panel", sources=("prom-madrid",), dashboard=panel[0], panel=panel[1])
    with pytest.raises(InvalidInput, match="/datasource"):
        look("query", datasource="none", expr="up")


def test_a_query_that_grafana_calls_wrong_is_told() -> None:
    with pytest.raises(InvalidInput, match="/expr"):
        look("query", datasource="prom-madrid", expr="sum by (")


def test_annotations_are_told_with_their_time() -> None:
    noted = [one for one in DAY.annotations if SPAN.start <= one.at < SPAN.end]
    assert {row[1] for row in look("annotations").rows} == {one.text for one in noted}
    assert noted


def test_health_needs_no_more_than_an_address() -> None:
    assert dict(look("health").rows)["database"] == "ok"


def test_series_are_summed_up() -> None:
    table = frames.summary("g", [frame([1_000, 2_000, 3_000], [4.0, None, 2.0], {"host": "a"})])
    assert table.columns == ("series", "last", "at", "min", "max", "mean", "points")
    assert table.rows[0][1:] == ("2", "1970-01-01 00:00:03 UTC", "2", "4", "3", "2")
    assert frames.summary("g", [frame([1_000], [None], {})]).rows[0][-1] == "0"


def test_points_are_told_one_by_one() -> None:
    told = [frame([1_000, 2_000], [1.0, float("inf")], {"__name__": "up", "host": "a"})]
    assert [row[2] for row in frames.points("g", json.loads(json.dumps(told))).rows] == ["1", "inf"]


@pytest.mark.parametrize(
    "bad",
    [
        [3],
        [{}],
        [{"schema": {"fields": []}, "data": {"values": [[1]]}}],
        [{"schema": {"fields": [{"type": "time"}, {"type": "number"}]}, "data": {"values": [[1, 2], [1]]}}],
        [{"schema": {"fields": [{"type": "number"}]}, "data": {"values": [[1]], "entities": [{"NaN": [7]}]}}],
    ],
)
def test_what_is_no_frame_is_no_answer(bad) -> None:
    for read in (frames.summary, frames.points):
        with pytest.raises(Unavailable, match="no answer that can be read"):
            read("g", bad)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(body=b"<html></html>"),
        Fault(body=b"[]"),
        Fault(body=b'{"data": {"groups": [{"rules": [3]}]}}'),
        Fault(body=b"null"),
        Fault(body=b'{"data": {"groups": 3}}'),
    ],
)
def test_what_makes_no_sense_is_no_answer(fault) -> None:
    with pytest.raises(Unavailable, match="no answer that can be read"):
        look("rules", emulator={"faults": [fault]})


def test_variables_have_the_values_that_are_stored() -> None:
    model = {
        "templating": {
            "list": [
                {"name": "site", "current": {"value": "mad"}},
                {"name": "host", "current": {"value": ["a", "b"]}},
                {"name": "all", "current": {"value": ["$__all"]}},
                {"name": "none", "current": {}},
            ]
        }
    }
    variables = variables_of(model)
    asked = 'up{site="$site",host=~"${host:regex}",x=~"[[all]]"}[$__rate_interval]'
    assert resolve(asked, variables) == 'up{site="mad",host=~"a|b",x=~".*"}[$__rate_interval]'
    with pytest.raises(InvalidInput, match=r"\$none"):
        resolve("up{x='$none'}", variables)


def test_what_the_token_may_do_is_read() -> None:
    with GrafanaEmulator(DAY, token="t", permissions=EDITOR) as grafana:
        access = GrafanaSource(place(grafana.url), GrafanaPolicy()).access(ANA)
    assert {"dashboards:write", "alert.rules:create", "folders:create"} <= set(access.writes)
    assert not any(name.endswith((":read", ":query")) for name in access.writes)


def test_dashboards_rules_and_annotations_become_documents() -> None:
    with GrafanaEmulator(DAY, token="t") as grafana:
        source = grafana_documents(place(grafana.url))
        first, second = ({one.external_id: one.fingerprint for one in source.list()} for _ in range(2))
        assert first == second
        assert {f"dashboard/{one.uid}" for one in DAY.dashboards} <= set(first)
        assert {f"alert-rule/{one.uid}" for one in DAY.rules} <= set(first)
        assert any(name.startswith("annotations/") for name in first)
        dashboard = DAY.dashboards[0]
        document = source.fetch(f"dashboard/{dashboard.uid}")
    text = document.content.decode()
    assert text.startswith(f"# {dashboard.title}\n")
    assert all(panel.title in text for panel in dashboard.panels)
    assert document.uri == f"{grafana.url}/d/{dashboard.uid}"


def test_a_recorded_dashboard_has_its_panels() -> None:
    path = RECORDED / "dashboards/demo.json"
    if not path.is_file():
        pytest.skip("the recordings are not there")
    model = json.loads(path.read_text())
    listed = [panel for panel in model["panels"] if panel["type"] != "row" and "targets" in panel]
    assert listed
    assert [panel.title for panel in panels_of(model)] == [panel.get("title", "") for panel in listed]
