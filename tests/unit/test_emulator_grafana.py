"""The emulated Grafana, as a plain HTTP client meets it."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest

from sophia.testing.emulators.day import make_day
from sophia.testing.emulators.grafana import EDITOR, VIEWER, GrafanaEmulator, frame
from sophia.testing.emulators.system import Fault

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "mcp-grafana" / "dashboards" / "demo.json"
NOW = datetime(2026, 5, 12, 10, 30, tzinfo=UTC)
BEARER = {"Authorization": "Bearer t"}


@pytest.fixture
def grafana():
    with GrafanaEmulator(make_day(NOW), token="t") as grafana:
        yield grafana


def get(grafana: GrafanaEmulator, path: str, **query) -> httpx2.Response:
    return httpx2.get(f"{grafana.url}/api/{path}", params=query, headers=BEARER)


def ask(grafana: GrafanaEmulator, *queries: dict, start: object = "now-1h", end: object = "now") -> httpx2.Response:
    body = {"queries": list(queries), "from": str(start), "to": str(end)}
    return httpx2.post(f"{grafana.url}/api/ds/query", json=body, headers=BEARER)


def metric(expr: str, ref: str = "A", **more) -> dict:
    return {"refId": ref, "datasource": {"uid": "prom-madrid"}, "expr": expr, "range": True, **more}


def logs(expr: str, **more) -> dict:
    return {"refId": "A", "datasource": {"uid": "loki-1"}, "expr": expr, **more}


def frames(response: httpx2.Response, ref: str = "A") -> list[dict]:
    assert response.status_code == 200, response.text
    return response.json()["results"][ref]["frames"]


def values(frame: dict) -> list[float | None]:
    times, numbers = frame["data"]["values"]
    assert len(times) == len(numbers)
    return numbers


# --- who is asking


def test_health_needs_nobody_and_the_rest_a_token(grafana):
    health = httpx2.get(f"{grafana.url}/api/health")
    assert (health.status_code, health.json()["database"]) == (200, "ok")
    refused = httpx2.get(f"{grafana.url}/api/search")
    assert (refused.status_code, refused.json()["messageId"]) == (401, "api-key.invalid")
    assert get(grafana, "org").json()["name"] == "Acme"
    grafana.token = "u"
    assert get(grafana, "org").status_code == 401


@pytest.mark.parametrize(("permissions", "may_write"), [(VIEWER, False), (EDITOR, True)])
def test_it_says_what_the_token_may(permissions, may_write):
    with GrafanaEmulator(make_day(NOW), token="t", permissions=permissions, role="x") as grafana:
        told = get(grafana, "access-control/user/permissions").json()
        assert ("dashboards:write" in told) is may_write
        assert get(grafana, "dashboards/uid/acm-110").json()["meta"]["canSave"] is may_write
        assert get(grafana, "user").json()["orgRole"] == "x"


@pytest.mark.parametrize(
    ("permission", "path"),
    [
        ("datasources:read", "datasources"),
        ("dashboards:read", "search"),
        ("dashboards:read", "dashboards/uid/acm-110"),
        ("annotations:read", "annotations"),
        ("alert.rules:read", "prometheus/grafana/api/v1/rules"),
        ("alert.instances:read", "alertmanager/grafana/api/v2/alerts"),
    ],
)
def test_what_the_token_may_not_is_named(permission, path):
    fewer = {name: scopes for name, scopes in VIEWER.items() if name != permission}
    with GrafanaEmulator(make_day(NOW), token="t", permissions=fewer) as grafana:
        refused = get(grafana, path)
    assert refused.status_code == 403
    assert refused.json()["message"].endswith(permission)


def test_what_would_change_something_is_refused_and_kept(grafana):
    for path in ("dashboards/db", "annotations", "folders"):
        assert httpx2.post(f"{grafana.url}/api/{path}", json={}, headers=BEARER).status_code == 403
    assert httpx2.delete(f"{grafana.url}/api/dashboards/uid/acm-110", headers=BEARER).status_code == 403
    assert len(grafana.writes) == 4


# --- dashboards


def test_dashboards_are_found_by_words_tags_and_pages(grafana):
    assert [hit["uid"] for hit in get(grafana, "search", type="dash-db", query="vpn").json()] == ["acm-115"]
    assert [hit["uid"] for hit in get(grafana, "search", type="dash-db", tag="redes").json()] == ["acm-110", "acm-115"]
    assert {hit["type"] for hit in get(grafana, "search").json()} == {"dash-db", "dash-folder"}
    pages = [
        [hit["uid"] for hit in get(grafana, "search", type="dash-db", limit=4, page=page).json()] for page in (1, 2, 3)
    ]
    assert [len(page) for page in pages] == [4, 2, 0]
    assert len(set(pages[0] + pages[1])) == 6
    assert get(grafana, "search", limit="many").status_code == 400


def test_a_dashboard_shows_its_panels_and_their_queries(grafana):
    told = get(grafana, "dashboards/uid/acm-115").json()
    assert (told["dashboard"]["title"], told["meta"]["folderTitle"]) == ("VPN", "Redes")
    first, _, row = told["dashboard"]["panels"]
    assert first["targets"][0]["expr"] == "sum by (pasarela) (panGPGWUtilizationActiveTunnels)"
    assert row["collapsed"]
    assert row["panels"][0]["targets"][0]["datasource"] == {"type": "loki", "uid": "loki-1"}
    by_default = get(grafana, "dashboards/uid/acm-305").json()["dashboard"]["panels"][0]
    assert by_default["datasource"] is None
    raw = get(grafana, "dashboards/uid/acm-210").json()["dashboard"]["panels"][1]["targets"][0]
    assert raw["rawSql"].startswith("SELECT")
    assert get(grafana, "dashboards/uid/nothing").status_code == 404


def test_data_sources_say_what_they_are(grafana):
    told = {one["uid"]: (one["type"], one["isDefault"]) for one in get(grafana, "datasources").json()}
    assert told == {"prom-madrid": ("prometheus", True), "loki-1": ("loki", False), "cmdb": ("mysql", False)}


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings lie beside the project, in ../shared/data/payloads")
def test_a_dashboard_is_made_of_what_a_recorded_one_is_made_of(grafana):
    recorded = httpx2.Response(200, content=RECORDED.read_bytes()).json()
    told = get(grafana, "dashboards/uid/acm-115").json()["dashboard"]
    assert told.keys() - recorded.keys() <= {"description", "refresh"}
    assert told["panels"][0].keys() - recorded["panels"][0].keys() <= {"description"}
    assert told["panels"][0]["targets"][0].keys() <= recorded["panels"][0]["targets"][0].keys()


# --- queries


def test_a_metric_has_a_frame_for_each_set_of_labels(grafana):
    found = frames(ask(grafana, metric("panGPGWUtilizationActiveTunnels", intervalMs=60_000)))
    assert {frame["schema"]["fields"][1]["labels"]["pasarela"]: values(frame)[-1] for frame in found} == {
        "gw-madrid": 12.0,
        "gw-valencia": 5.0,
    }
    times = found[0]["data"]["values"][0]
    assert {late - early for early, late in pairwise(times)} == {60_000}
    assert times[0] >= (NOW - timedelta(hours=1)).timestamp() * 1000


@pytest.mark.parametrize(
    ("expression", "last"),
    [
        ("sum(panGPGWUtilizationActiveTunnels)", 17.0),
        ('max by (sede) (panGPGWUtilizationActiveTunnels{sede!="mad"})', 5.0),
        ('acm:ha_active:bool{device=~"fw-.*-2"}', 1.0),
        ("count(acm:disk_free:percent) by (sede)", 2.0),
        ("avg(acm:dataplane_cpu:percent > 30)", 37.0),
        ("acm:disk_free:percent < 12", 7.4),
    ],
)
def test_an_expression_is_evaluated(grafana, expression, last):
    found = frames(ask(grafana, metric(expression, instant=True)))
    assert values(found[0]) == [pytest.approx(last, abs=0.01)]


def test_points_are_as_many_as_are_asked_for_and_gaps_are_null(grafana):
    night = (datetime(2026, 5, 11, 0, 50, tzinfo=UTC), datetime(2026, 5, 11, 1, 30, tzinfo=UTC))
    start, end = (int(at.timestamp() * 1000) for at in night)
    [gap] = frames(ask(grafana, metric("acm:order_queue:messages", intervalMs=60_000), start=start, end=end))
    assert values(gap).count(None) == 20
    [few] = frames(ask(grafana, metric("acm:order_queue:messages", maxDataPoints=10), start=start, end=end))
    assert len(values(few)) <= 11


def test_what_lies_ahead_or_was_never_measured_is_not_there(grafana):
    ahead = ask(grafana, metric("acm:ha_active:bool"), start="now+1h", end="now+2h")
    assert frames(ahead) == []
    assert frames(ask(grafana, metric("never:measured"))) == []
    soon = ask(grafana, metric("acm:ha_active:bool", instant=True), end="now+1m")  # a clock that is a little ahead
    assert len(frames(soon)) == 2


def test_logs_come_as_lines_newest_first_and_can_be_counted(grafana):
    [told] = frames(ask(grafana, logs('{job="pan_system", host="fw-madrid-2"} |= "HA Group"'), start="now-1d"))
    names = [field["name"] for field in told["schema"]["fields"]]
    columns = dict(zip(names, told["data"]["values"], strict=True))
    assert len(columns["Line"]) == 2
    assert "Passive to state Active" in columns["Line"][1]
    assert columns["Time"] == sorted(columns["Time"], reverse=True)
    assert columns["labels"][0] == {"job": "pan_system", "host": "fw-madrid-2"}
    [few] = frames(ask(grafana, logs('{job=~"pan_.*"}', maxLines=3), start="now-1d"))
    assert len(few["data"]["values"][0]) == 3
    counted = ask(grafana, logs('sum(count_over_time({job="pan_traffic"} |= "ACM-BLQ-001" [24h]))', instant=True))
    assert values(frames(counted)[0]) == [36.0]


def test_one_that_fails_does_not_take_the_others_along(grafana):
    told = ask(grafana, metric("sum(acm:ha_active:bool)"), metric("rate(x[5m])", "B"))
    assert told.status_code == 400
    results = told.json()["results"]
    assert values(results["A"]["frames"][0])[-1] == 1.0
    assert results["B"]["error"].startswith("parse error")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"queries": [], "from": "now-1h", "to": "now"}', 400),
        (b'{"queries": ["up"], "from": "now-1h", "to": "now"}', 400),
        (b'{"queries": [{"datasource": null}], "from": "now-1h", "to": "now"}', 404),
        (b'{"queries": [{"refId": "A"}], "from": "yesterday", "to": "now"}', 400),
        (b'{"queries": [{"refId": "A", "datasource": {"uid": "x"}}], "from": "now-1h", "to": "now"}', 404),
    ],
)
def test_what_it_cannot_read_it_refuses(grafana, body, status):
    assert httpx2.post(f"{grafana.url}/api/ds/query", content=body, headers=BEARER).status_code == status


def test_raw_sql_would_be_run(grafana):
    sql = {"refId": "A", "datasource": {"uid": "cmdb"}, "rawSql": "DELETE FROM pedidos"}
    assert frames(ask(grafana, sql)) == []
    assert len(grafana.writes) == 1


def test_a_test_may_answer_a_query_itself():
    huge = [
        frame(list(range(10_000)), [None, math.nan, math.inf, *[1.0] * 9997], {"host": str(at)}) for at in range(20)
    ]

    def answers(query):
        return huge if query["expr"] == "huge" else None

    with GrafanaEmulator(make_day(NOW), token="t", answers=answers) as grafana:
        found = frames(ask(grafana, metric("huge")))
        assert len(found) == 20
        assert values(found[0])[:4] == [None, None, None, 1.0]
        assert found[0]["data"]["entities"] == [None, {"NaN": [1], "Inf": [2]}]
        assert len(frames(ask(grafana, metric("acm:ha_active:bool")))) == 2


# --- alerts and annotations


def test_one_alert_is_firing_and_its_rule_says_why(grafana):
    [alert] = get(grafana, "alertmanager/grafana/api/v2/alerts").json()
    assert alert["labels"]["alertname"] == "DiscoLleno"
    assert alert["labels"]["instance"] == "vpn-madrid-1"
    assert datetime.fromisoformat(alert["startsAt"]) == NOW - timedelta(minutes=84)
    told = get(grafana, "prometheus/grafana/api/v1/rules").json()["data"]
    assert told["totals"] == {"firing": 1, "pending": 1, "inactive": 4}
    firing = get(grafana, "prometheus/grafana/api/v1/rules", state="firing").json()["data"]["groups"]
    [rule] = [rule for group in firing for rule in group["rules"]]
    assert (rule["name"], rule["query"]) == ("DiscoLleno", "acm:disk_free:percent < 12")
    assert float(rule["alerts"][0]["value"]) == 7.4


def test_annotations_are_of_a_time_a_tag_or_a_dashboard(grafana):
    assert [one["id"] for one in get(grafana, "annotations").json()] == [33, 32, 31]
    assert [one["id"] for one in get(grafana, "annotations", tags="ha").json()] == [32]
    assert [one["id"] for one in get(grafana, "annotations", dashboardUID="acm-110").json()] == [32]
    since = int(datetime(2026, 5, 11, 20, 0, tzinfo=UTC).timestamp() * 1000)
    assert [one["id"] for one in get(grafana, "annotations", **{"from": since, "to": since + 86_400_000}).json()] == [
        33
    ]
    assert [one["id"] for one in get(grafana, "annotations", limit=1).json()] == [33]


def test_a_fault_is_told_in_its_own_words():
    faults = [Fault(status=429, headers={"Retry-After": "3"}), Fault(status=500)]
    with GrafanaEmulator(make_day(NOW), token="t", faults=faults) as grafana:
        busy = get(grafana, "org")
        assert (busy.status_code, busy.headers["retry-after"], busy.json()["statusCode"]) == (429, "3", 429)
        assert get(grafana, "org").status_code == 500
        assert get(grafana, "org").status_code == 200
