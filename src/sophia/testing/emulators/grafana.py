"""Grafana's HTTP API, as far as SOPHIA looks: dashboards, what their panels query, alerts, annotations.

Source: https://grafana.com/docs/grafana/latest/developers/http_api/

It answers what `sophia.testing.emulators.promql` can evaluate over a day; a test may answer a query itself::

    with GrafanaEmulator(make_day(), token="t", answers=lambda query: [frame([0], [None], {"host": "a"})]) as grafana:
        ...  # POST f"{grafana.url}/api/ds/query"
"""

import json
import math
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qs, unquote

from sophia.testing.emulators.day import AlertRule, Annotation, Dashboard, Day, Panel, Today, present
from sophia.testing.emulators.promql import QueryRefused, is_about_logs, log_lines, measured
from sophia.testing.emulators.server import Exchange, Request
from sophia.testing.emulators.spl import SearchRefused, moment
from sophia.testing.emulators.system import Answer, EmulatedSystem, Fault, Faults

__all__ = ["EDITOR", "VIEWER", "GrafanaEmulator", "frame"]

VIEWER: Mapping[str, Sequence[str]] = {
    "alert.instances.external:read": ["datasources:*"],
    "alert.instances:read": [],
    "alert.notifications:read": [],
    "alert.rules:read": ["folders:*"],
    "annotations:create": ["annotations:type:dashboard"],
    "annotations:delete": ["annotations:type:dashboard"],
    "annotations:read": ["annotations:*"],
    "annotations:write": ["annotations:type:dashboard"],
    "dashboards:read": ["dashboards:*"],
    "datasources.id:read": ["datasources:*"],
    "datasources:query": ["datasources:*"],
    "datasources:read": ["datasources:*"],
    "folders:read": ["folders:*"],
    "orgs:read": [],
    "plugins.app:access": ["plugins:*"],
}
"""What a Viewer may do, in the open edition. That it may write annotations of dashboards is Grafana's own."""
EDITOR: Mapping[str, Sequence[str]] = {
    **VIEWER,
    "alert.rules:create": ["folders:*"],
    "alert.rules:write": ["folders:*"],
    "dashboards:create": ["folders:*"],
    "dashboards:delete": ["dashboards:*"],
    "dashboards:write": ["dashboards:*"],
    "datasources:explore": [],
    "folders:create": ["folders:*"],
}
"""What an Editor may do."""

_VERSION = "10.4.2"
_SOURCES = (
    ("prom-madrid", "Prometheus Madrid", "prometheus", True),
    ("loki-1", "Loki", "loki", False),
    ("cmdb", "CMDB", "mysql", False),
)
_TYPES = {uid: type for uid, _, type, _ in _SOURCES}
_FOLDERS = {"Operaciones": "acm-f-ops", "Redes": "acm-f-redes"}
_KEPT = timedelta(days=7)
_LOOKBACK = timedelta(minutes=5)  # for so long the last value stands for the one that is not there yet


class GrafanaEmulator(EmulatedSystem):
    """Speaks ``/api/…``.

    Args:
        day: what there is to be seen.
        token: of a service account, that a caller shows (``Bearer``); may be changed. None: all may come in.
        permissions: of the token, each with its scopes.
        role: of its service account, in its organisation.
        answers: the frames of a query, instead of what the day has (None: that).
        faults, tls: as `EmulatedSystem` takes them.
    """

    def __init__(
        self,
        day: Day | Today,
        *,
        token: str | None = None,
        permissions: Mapping[str, Sequence[str]] = VIEWER,
        role: str = "Viewer",
        answers: Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]] | None] = lambda _: None,
        faults: Iterable[Fault | None] | Faults = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(faults, tls=tls)
        self.token = token
        self._told = day
        self._permissions = permissions
        self._role = role
        self._answers = answers

    @property
    def _day(self) -> Day:
        return present(self._told)

    def _refusal(self, status: int) -> Answer:
        return _refusal(status)

    def _answer(self, request: Request, exchange: Exchange) -> Answer:  # noqa: ARG002 - nothing comes in pieces
        path, _, query = request.path.partition("?")
        asked = parse_qs(query, keep_blank_values=True)
        parts = [unquote(part) for part in path.removeprefix("/api/").split("/")]
        if parts == ["health"]:
            return _json({"commit": "701c851be7", "database": "ok", "version": _VERSION})
        if self.token is not None and request.headers.get("authorization") != f"Bearer {self.token}":
            return _refusal(401)
        try:
            return self._route(request, parts, asked)
        except ValueError as exc:  # a number that is none
            return _json({"message": f"bad request data: {exc}", "traceID": ""}, 400)

    def _route(self, request: Request, parts: list[str], asked: Mapping[str, Sequence[str]]) -> Answer:
        match request.method, parts:
            case "GET", ["org"]:
                return _json({"id": 1, "name": "Acme", "address": {"city": "", "country": ""}})
            case "GET", ["user"]:
                return _json(_user(self._role))
            case "GET", ["access-control", "user", "permissions"]:
                return _json(self._permissions)
            case "GET", ["search"]:
                return self._allowed("dashboards:read") or _json(self._found(asked))
            case "GET", ["dashboards", "uid", uid]:
                return self._allowed("dashboards:read") or self._dashboard(uid)
            case "GET", ["datasources"]:
                return self._allowed("datasources:read") or _json([_source(*one) for one in _SOURCES])
            case "GET", ["annotations"]:
                return self._allowed("annotations:read") or _json(self._annotations(asked))
            case "GET", ["prometheus", "grafana", "api", "v1", "rules"]:
                return self._allowed("alert.rules:read") or _json(self._rules(asked))
            case "GET", ["alertmanager", "grafana", "api", "v2", "alerts"]:
                return self._allowed("alert.instances:read") or _json(self._alerts())
            case "POST", ["ds", "query"]:
                return self._allowed("datasources:query") or self._queried(request)
            case "GET", _:
                return _refusal(404)
            case _:
                self.writes.append(request)
                return _refusal(403)

    def _allowed(self, permission: str) -> Answer | None:
        return None if permission in self._permissions else _refusal(403, permission)

    # --- dashboards

    def _found(self, asked: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
        type, words = asked.get("type", [""])[0], asked.get("query", [""])[0].lower()
        hits = [] if type == "dash-db" else [_folder_hit(title, uid) for title, uid in _FOLDERS.items()]
        if type != "dash-folder":
            tags = set(asked.get("tag", ()))
            hits += [_hit(number, one) for number, one in enumerate(self._day.dashboards, 10) if tags <= set(one.tags)]
        hits = [hit for hit in hits if words in str(hit["title"]).lower()]
        limit, page = min(int(asked.get("limit", ["1000"])[0]), 5000), max(int(asked.get("page", ["1"])[0]), 1)
        return hits[limit * (page - 1) : limit * page]

    def _dashboard(self, uid: str) -> Answer:
        found = next(((at, one) for at, one in enumerate(self._day.dashboards, 10) if one.uid == uid), None)
        if found is None:
            return _json({"message": "Dashboard not found", "traceID": ""}, 404)
        number, dashboard = found
        may_write = "dashboards:write" in self._permissions
        meta = {
            "type": "db",
            "canSave": may_write,
            "canEdit": may_write,
            "canAdmin": False,
            "canStar": False,
            "canDelete": "dashboards:delete" in self._permissions,
            "slug": dashboard.uid,
            "url": f"/d/{dashboard.uid}/{dashboard.uid}",
            "created": "2026-01-08T09:00:00+01:00",
            "updated": "2026-01-08T09:00:00+01:00",
            "updatedBy": "infra",
            "createdBy": "infra",
            "version": 4,
            "isFolder": False,
            "folderUid": _FOLDERS[dashboard.folder],
            "folderTitle": dashboard.folder,
            "folderUrl": f"/dashboards/f/{_FOLDERS[dashboard.folder]}",
            "provisioned": True,
        }
        return _json({"meta": meta, "dashboard": _model(number, dashboard)})

    def _annotations(self, asked: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
        start, end = int(asked.get("from", ["0"])[0]), int(asked.get("to", ["0"])[0])
        tags, limit = set(asked.get("tags", ())), int(asked.get("limit", ["100"])[0])
        dashboard = asked.get("dashboardUID", [""])[0]
        kept = [
            _annotation(one)
            for one in sorted(self._day.annotations, key=lambda one: one.at, reverse=True)
            if _millis(one.at) >= start
            and (not end or _millis(one.at) <= end)
            and tags <= set(one.tags)
            and dashboard in {"", one.dashboard}
        ]
        return kept[:limit]

    # --- alerts

    def _rules(self, asked: Mapping[str, Sequence[str]]) -> dict[str, object]:
        states = set(asked.get("state", ()))
        rules = [rule for rule in self._day.rules if not states or rule.state in states]
        groups = [
            {
                "name": f"{folder}-1m",
                "file": folder,
                "folderUid": uid,
                "rules": [_rule(rule, self._day.now()) for rule in rules if rule.folder == folder],
                "interval": 60,
                "lastEvaluation": _iso(self._day.now()),
                "evaluationTime": 0.011,
            }
            for folder, uid in _FOLDERS.items()
        ]
        totals = {state: sum(rule.state == state for rule in rules) for state in ("firing", "pending", "inactive")}
        kept = [group for group in groups if group["rules"]]
        return {
            "status": "success",
            "data": {"groups": kept, "totals": {name: one for name, one in totals.items() if one}},
        }

    def _alerts(self) -> list[dict[str, object]]:
        now = self._day.now()
        return [
            {
                "annotations": {"summary": rule.summary},
                "endsAt": _iso(now + timedelta(minutes=4)),
                "fingerprint": sha1(rule.uid.encode(), usedforsecurity=False).hexdigest()[:16],
                "receivers": [{"name": "infra-correo"}],
                "startsAt": _iso(rule.since or now),
                "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
                "updatedAt": _iso(now),
                "generatorURL": f"https://grafana.acme.example/alerting/grafana/{rule.uid}/view?orgId=1",
                "labels": _labels(rule),
            }
            for rule in self._day.rules
            if rule.state == "firing"
        ]

    # --- queries

    def _queried(self, request: Request) -> Answer:
        try:
            asked = request.json
            queries = [dict(query) for query in asked["queries"]]
            start, end = self._moment(asked["from"]), self._moment(asked["to"])
        except (ValueError, KeyError, TypeError, SearchRefused):
            return _json({"message": "bad request data", "traceID": ""}, 400)
        if not queries:
            return _json(
                {"message": "No queries found in query", "messageId": "query.noQueries", "statusCode": 400}, 400
            )
        results: dict[str, object] = {}
        status = 200
        for query in queries:
            uid = (query.get("datasource") or {}).get("uid")
            if uid not in _TYPES:
                told = {"message": "Data source not found", "messageId": "datasource.notFound", "statusCode": 404}
                return _json({**told, "traceID": ""}, 404)
            if _TYPES[uid] == "mysql":  # which runs whatever it is given
                self.writes.append(request)
            try:
                frames = self._answers(query)
                if frames is None:
                    frames = self._frames(query, start, end)
                results[query.get("refId", "A")] = {"status": 200, "frames": frames}
            except QueryRefused as exc:
                status = 400  # and what the others found comes all the same
                results[query.get("refId", "A")] = {"error": str(exc), "errorSource": "downstream", "status": 400}
        return _json({"results": results}, status)

    def _moment(self, text: object) -> datetime:
        now = self._day.now()
        told = str(text)
        if told.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(told) / 1000, now.tzinfo)
        return moment(told.removeprefix("now").replace("/", "@") or "now", now) or now

    def _frames(self, query: Mapping[str, Any], start: datetime, end: datetime) -> Sequence[Mapping[str, Any]]:
        expression, uid = str(query.get("expr", "")), query["datasource"]["uid"]
        if _TYPES[uid] == "mysql":
            return []
        if _TYPES[uid] == "loki" and is_about_logs(expression):
            return [_logs_frame(expression, self._day, start, end, int(query.get("maxLines") or 1000))]
        times = [end] if query.get("instant") else self._steps(query, start, end)
        frames = []
        for curve in measured(expression, self._day):
            values = [self._value(curve.at, at) for at in times]
            if any(value is not None for value in values):
                frames.append(frame([_millis(at) for at in times], values, curve.labels, query, expression))
        return frames

    def _steps(self, query: Mapping[str, Any], start: datetime, end: datetime) -> list[datetime]:
        whole = (end - start).total_seconds()
        least = whole / max(int(query.get("maxDataPoints") or 1000), 1)
        step = max(float(query.get("intervalMs") or 60_000) / 1000, least, 1.0)
        first = -(-start.timestamp() // step) * step
        return [
            datetime.fromtimestamp(first + at * step, start.tzinfo)
            for at in range(int((end.timestamp() - first) // step) + 1)
        ]

    def _value(self, at: Callable[[datetime], float | None], when: datetime) -> float | None:
        is_kept = self._day.made - _KEPT <= when <= self._day.now() + _LOOKBACK
        return at(when) if is_kept else None


def frame(
    times: Sequence[int],
    values: Sequence[float | None],
    labels: Mapping[str, str],
    query: Mapping[str, Any] | None = None,
    expression: str = "",
) -> dict[str, Any]:
    """A series as Grafana shows it (https://grafana.com/developers/dataplane/).

    Args:
        times: in milliseconds since the epoch.
        values: one for each time; None is null, and NaN and the infinities are told as Grafana tells them.
        labels: of the series; its name is ``__name__``.
        query: that it answers.
        expression: that was run.
    """
    query = query or {}
    told = ", ".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
    shown = f"{labels.get('__name__', '')}{{{told}}}"
    is_instant = bool(query.get("instant"))
    meta = {
        "type": "numeric-multi" if is_instant else "timeseries-multi",
        "typeVersion": [0, 1],
        "custom": {"resultType": "vector" if is_instant else "matrix"},
        "executedQueryString": f"Expr: {expression}",
    }
    time = {"name": "Time", "type": "time", "typeInfo": {"frame": "time.Time"}, "config": {}}
    value = {
        "name": "Value",
        "type": "number",
        "typeInfo": {"frame": "float64", "nullable": True},
        "labels": dict(labels),
        "config": {"displayNameFromDS": shown},
    }
    schema = {"name": shown, "refId": query.get("refId", "A"), "meta": meta, "fields": [time, value]}
    # JSON has no word for these: they are null, and told beside.
    odd = {
        name: [at for at, one in enumerate(values) if one is not None and is_odd(one)] for name, is_odd in _ODD.items()
    }
    data: dict[str, Any] = {"values": [list(times), [one if _is_told(one) else None for one in values]]}
    if any(odd.values()):
        data["entities"] = [None, {name: places for name, places in odd.items() if places}]
    return {"schema": schema, "data": data}


_ODD: Mapping[str, Callable[[float], bool]] = {
    "NaN": math.isnan,
    "Inf": lambda value: value == math.inf,
    "NegInf": lambda value: value == -math.inf,
}


def _is_told(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _logs_frame(expression: str, day: Day, start: datetime, end: datetime, most: int) -> dict[str, Any]:
    found = list(log_lines(expression, day, start, end))[:most]
    kinds = (
        ("labels", "other", "json.RawMessage"),
        ("Time", "time", "time.Time"),
        ("Line", "string", "string"),
        ("tsNs", "string", "string"),
        ("id", "string", "string"),
    )
    fields = [{"name": name, "type": type, "typeInfo": {"frame": frame}} for name, type, frame in kinds]
    stamps = [_millis(event.at) for _, event in found]
    values = [
        [dict(labels) for labels, _ in found],
        stamps,
        [event.fields["_raw"] for _, event in found],
        [f"{stamp}000000" for stamp in stamps],
        [f"{stamp}000000_{at:08x}" for at, stamp in enumerate(stamps)],
    ]
    meta = {
        "typeVersion": [0, 0],
        "custom": {"frameType": "LabeledTimeValues"},
        "executedQueryString": f"Expr: {expression}",
    }
    return {"schema": {"refId": "A", "meta": meta, "fields": fields}, "data": {"values": values}}


def _user(role: str) -> dict[str, object]:
    return {
        "id": 7,
        "uid": "acm-sa-7",
        "email": "",
        "name": "sophia",
        "login": "sa-1-sophia",
        "orgId": 1,
        "orgRole": role,
        "isGrafanaAdmin": False,
        "isDisabled": False,
    }


def _source(uid: str, name: str, type: str, is_default: bool) -> dict[str, object]:
    return {
        "id": list(_TYPES).index(uid) + 1,
        "uid": uid,
        "orgId": 1,
        "name": name,
        "type": type,
        "typeName": name,
        "access": "proxy",
        "url": f"http://{uid}.acme.example",
        "isDefault": is_default,
        "readOnly": True,
        "jsonData": {},
    }


def _hit(number: int, dashboard: Dashboard) -> dict[str, object]:
    return {
        "id": number,
        "uid": dashboard.uid,
        "title": dashboard.title,
        "uri": f"db/{dashboard.uid}",
        "url": f"/d/{dashboard.uid}/{dashboard.uid}",
        "slug": "",
        "type": "dash-db",
        "tags": list(dashboard.tags),
        "isStarred": False,
        "folderUid": _FOLDERS[dashboard.folder],
        "folderTitle": dashboard.folder,
        "folderUrl": f"/dashboards/f/{_FOLDERS[dashboard.folder]}",
        "sortMeta": 0,
    }


def _folder_hit(title: str, uid: str) -> dict[str, object]:
    return {
        "id": list(_FOLDERS).index(title) + 1,
        "uid": uid,
        "title": title,
        "uri": f"db/{uid}",
        "url": f"/dashboards/f/{uid}",
        "slug": "",
        "type": "dash-folder",
        "tags": [],
        "isStarred": False,
        "sortMeta": 0,
    }


def _model(number: int, dashboard: Dashboard) -> dict[str, object]:
    """As it is stored; the last of three panels or more is in a row that is folded, where panels are easily missed."""
    panels = [_panel(panel) for panel in dashboard.panels]
    if len(panels) > 2:
        panels[2:] = [{"id": 90, "type": "row", "title": "Más", "collapsed": True, "panels": panels[2:]}]
    variable = {"name": "sede", "type": "custom", "query": "mad,vlc,bog", "current": {"text": "mad", "value": "mad"}}
    return {
        "id": number,
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": list(dashboard.tags),
        "timezone": "browser",
        "schemaVersion": 39,
        "version": 4,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [variable]},
        "annotations": {"list": []},
        "links": [],
        "panels": panels,
    }


def _panel(panel: Panel) -> dict[str, object]:
    source = {"type": _TYPES[panel.source], "uid": panel.source} if panel.source else None  # None: the default one
    text = "rawSql" if panel.source and _TYPES[panel.source] == "mysql" else "expr"
    targets = [
        {"refId": chr(ord("A") + at), "datasource": source, text: expression}
        for at, expression in enumerate(panel.expressions)
    ]
    return {
        "id": panel.id,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": source,
        "targets": targets,
        "gridPos": {"h": 8, "w": 12, "x": 0, "y": 8 * panel.id},
        "fieldConfig": {"defaults": {}, "overrides": []},
        "options": {},
    }


def _annotation(one: Annotation) -> dict[str, object]:
    return {
        "id": one.id,
        "alertId": 0,
        "alertName": "",
        "dashboardUID": one.dashboard,
        "panelId": one.panel,
        "userId": 0,
        "newState": "",
        "prevState": "",
        "created": _millis(one.at),
        "updated": _millis(one.at),
        "time": _millis(one.at),
        "timeEnd": _millis(one.at),
        "text": one.text,
        "tags": list(one.tags),
        "login": "redes.turno",
        "email": "",
        "data": {},
    }


def _rule(rule: AlertRule, now: datetime) -> dict[str, object]:
    state = {"firing": "Alerting", "pending": "Pending"}.get(rule.state, "Normal")
    alert = {
        "labels": _labels(rule),
        "annotations": {"summary": rule.summary},
        "state": state,
        "activeAt": _iso(rule.since or now),
        "value": f"{rule.value:e}",
    }
    return {
        "uid": rule.uid,
        "name": rule.name,
        "folderUid": _FOLDERS[rule.folder],
        "query": rule.expression,
        "state": rule.state,
        "health": "ok",
        "type": "alerting",
        "duration": rule.seconds,
        "labels": {"severity": rule.severity},
        "annotations": {"summary": rule.summary},
        "alerts": [alert] if rule.since else [],
        "totals": {state.lower(): 1},
        "lastEvaluation": _iso(now),
        "evaluationTime": 0.004,
    }


def _labels(rule: AlertRule) -> dict[str, str]:
    return {"alertname": rule.name, "grafana_folder": rule.folder, "severity": rule.severity, **rule.labels}


_REFUSALS = {
    401: {"message": "Invalid API key", "messageId": "api-key.invalid", "statusCode": 401, "traceID": ""},
    404: {"message": "Not found", "traceID": ""},
    429: {"message": "Too many requests", "messageId": "too-many-requests", "statusCode": 429, "traceID": ""},
}


def _refusal(status: int, permission: str = "") -> Answer:
    if status == 403:
        message = f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
        return _json({"accessErrorId": "ACE0000000000", "message": message, "title": "Access denied"}, 403)
    return _json(_REFUSALS.get(status, {"message": "Something went wrong", "traceID": ""}), status)


def _json(told: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(told, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
