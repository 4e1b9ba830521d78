"""Grafana as a source of look-ups."""

import json
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from threading import Lock
from typing import Any

from attrs import evolve

from sophia.adapters.grafana import frames, paths
from sophia.adapters.grafana.dashboards import Datasource, Panel, datasource_of, panels_of, resolve, variables_of
from sophia.adapters.http.client import Request
from sophia.adapters.systems.client import Budget, SystemClient
from sophia.adapters.systems.source import Place, SystemSource
from sophia.domain.accents import without_accents
from sophia.domain.lookups import Cut, CutKind, Finding, Lookup, Operation, System, TimeRange
from sophia.domain.readonly import GrafanaPolicy, check_query
from sophia.domain.readonly.grafana import QUERY_KEYS
from sophia.domain.secrets import Secret
from sophia.errors import Fault, InvalidInput, Unavailable
from sophia.ports.security_source import Access

__all__ = ["Grafana", "GrafanaSource"]

_JSON = {"Content-Type": "application/json"}
_KNOWN_FOR = 300.0  # seconds that the list of data sources is kept
_MOST_NOTES = 1_000
_HITS = 500
_LONGEST = 300
_READING = (":read", ":query", ":list", ":explore", ":access")
_EVERYBODYS = ("annotations:create", "annotations:delete", "annotations:write")
"""What Grafana's least role, Viewer, brings with it: notes on dashboards."""

_BOARD = {"type": "string", "minLength": 1, "maxLength": 200, "description": "uid or title of a dashboard"}
_DETAIL = {
    "type": "string",
    "enum": ["summary", "points"],
    "description": "of each series its figures (the usual), or every point",
}
_HEALTH = Operation("health", "whether Grafana is up, and its version")
_DASHBOARDS = Operation(
    "dashboards",
    "the dashboards there are",
    {"words": {"type": "string", "maxLength": 200, "description": "words of the title; left out: all"}},
)
_DASHBOARD = Operation(
    "dashboard", "the panels of a dashboard and their queries", {"dashboard": _BOARD}, ("dashboard",)
)
_PANEL = Operation(
    "panel",
    "the data of a panel",
    {
        "dashboard": _BOARD,
        "panel": {"type": ["integer", "string"], "minimum": 0, "maxLength": 200, "description": "its id or title"},
        "detail": _DETAIL,
    },
    ("dashboard", "panel"),
    ranged=True,
)
_QUERY = Operation(
    "query",
    "the data of a query in PromQL or LogQL",
    {
        "datasource": {"type": "string", "minLength": 1, "maxLength": 100, "description": "uid of a data source"},
        "expr": {"type": "string", "minLength": 1, "maxLength": 10_000, "description": "PromQL or LogQL"},
        "detail": _DETAIL,
    },
    ("datasource", "expr"),
    ranged=True,
)
_ALERTS = Operation("alerts", "the alerts that are firing")
_RULES = Operation("rules", "the alert rules and the state of each")
_NOTES = Operation("annotations", "what was noted: deployments, incidents, changes", ranged=True)


class Grafana:
    """Asks a Grafana; what it queries, `sophia.domain.readonly` has let pass."""

    def __init__(self, place: Place, policy: GrafanaPolicy) -> None:
        self.name = place.name
        self._policy = policy
        self._client: SystemClient = place.client(_shown)
        self._lock = Lock()
        self._known: tuple[Datasource, ...] = ()
        self._known_at = -_KNOWN_FOR

    def get(self, path: str, budget: Budget, pointer: str = "/operation") -> Any:
        """What is there, as JSON.

        Raises:
            InvalidInput: there is no such thing; names ``pointer``.
            Unavailable: Grafana does not answer, or with something else.
        """
        return self._json(Request("GET", path), budget, pointer)

    def datasources(self, budget: Budget) -> tuple[Datasource, ...]:
        """The data sources there are; known for five minutes. Raises as ``get``."""
        with self._lock:
            if self._known and time.monotonic() - self._known_at < _KNOWN_FOR:
                return self._known
        listed = self.get(paths.DATASOURCES, budget)
        try:
            found = tuple(
                Datasource(str(one["uid"]), str(one["name"]), str(one["type"]), one.get("isDefault") is True)
                for one in listed
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise self.unread() from error
        with self._lock:
            self._known, self._known_at = found, time.monotonic()
        return found

    def query(self, asked: Sequence[tuple[Mapping[str, Any], str]], span: TimeRange, budget: Budget) -> list[Any]:
        """The frames of queries, each with the type of its data source.

        Raises:
            QueryRefused: one is none that only reads; nothing was sent.
            InvalidInput: Grafana calls one wrong.
            Unavailable: it does not answer.
        """
        checked = [check_query(query, type_, self._policy) for query, type_ in asked]
        body = {"queries": checked, "from": str(_ms(span.start)), "to": str(_ms(span.end))}
        told = self._json(Request("POST", paths.QUERY, _JSON, json.dumps(body).encode()), budget, "/expr")
        found: list[Any] = []
        try:
            for query in checked:
                result = told["results"][query["refId"]]
                if error := result.get("error"):
                    raise InvalidInput(Fault("/expr", str(error)[:_LONGEST]))
                found += result.get("frames") or ()
        except (TypeError, KeyError, AttributeError) as error:
            raise self.unread() from error
        return found

    def unread(self) -> Unavailable:
        """An answer that makes no sense."""
        return Unavailable(self.name, "has sent no answer that can be read")

    def _json(self, request: Request, budget: Budget, pointer: str) -> Any:
        reply = self._client.read(request, budget)
        told = reply.json
        if reply.status == HTTPStatus.BAD_REQUEST and isinstance(told, dict) and "results" in told:
            return told  # what is wrong is told query by query
        if reply.status >= HTTPStatus.BAD_REQUEST:
            message = told.get("message") if isinstance(told, dict) else None
            raise InvalidInput(Fault(pointer, f"Grafana says: {str(message or 'not found')[:_LONGEST]}"))
        if told is None:
            raise self.unread()
        return told


class GrafanaSource(SystemSource):
    """Looks at a Grafana.

    Args:
        place: where it is.
        policy: which data sources may be asked.
    """

    def __init__(self, place: Place, policy: GrafanaPolicy) -> None:
        super().__init__(place)
        self._url = place.url.rstrip("/")
        self._grafana = Grafana(place, policy)
        self._finders = {
            _HEALTH.name: self._health,
            _DASHBOARDS.name: self._dashboards,
            _DASHBOARD.name: self._dashboard,
            _PANEL.name: self._panel,
            _QUERY.name: self._query,
            _ALERTS.name: self._alerts,
            _RULES.name: self._rules,
            _NOTES.name: self._notes,
        }

    @property
    def system(self) -> System:
        """See `SecuritySource`."""
        return System.GRAFANA

    @property
    def operations(self) -> Sequence[Operation]:
        """See `SecuritySource`."""
        return (_ALERTS, _RULES, _DASHBOARDS, _DASHBOARD, _PANEL, _QUERY, _NOTES, _HEALTH)

    def _find(self, lookup: Lookup, budget: Budget) -> Finding:
        try:
            found = self._finders[lookup.operation](lookup, budget)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            # Whatever Grafana has sent, it is not what its documentation says.
            raise self._grafana.unread() from error
        rows, cuts = found.rows[: self.caps.rows], found.cuts
        if len(found.rows) > len(rows):
            cuts = (*cuts, Cut(CutKind.ROWS, str(self.caps.rows)))
        return evolve(found, rows=rows, cuts=cuts)

    def _health(self, _: Lookup, budget: Budget) -> Finding:
        told = self._grafana.get(paths.HEALTH, budget)
        rows = tuple((name, str(told[name])) for name in ("version", "database") if name in told)
        return _finding("Health of Grafana", "health", ("field", "value"), rows, self._url)

    def _dashboards(self, lookup: Lookup, budget: Budget) -> Finding:
        words = str(lookup.arguments.get("words", ""))
        hits = self._grafana.get(paths.search(words, 1, _HITS), budget)
        rows = tuple((str(hit["title"]), str(hit["uid"]), str(hit.get("folderTitle") or "")) for hit in hits)
        title = f"Dashboards on “{words}”" if words else "Dashboards"
        query = f"search: {' '.join(words.split())}" if words else "search"
        cuts = (Cut(CutKind.ROWS, str(_HITS)),) if len(hits) >= _HITS else ()
        return _finding(title, query, ("title", "uid", "folder"), rows, f"{self._url}/dashboards", cuts)

    def _dashboard(self, lookup: Lookup, budget: Budget) -> Finding:
        uid, model, title = self._model(lookup, budget)
        rows = tuple((str(panel.id), panel.title, panel.type, panel.queries) for panel in panels_of(model))
        columns = ("panel", "title", "type", "queries")
        return _finding(f"Panels of {title}", f"dashboard {uid}", columns, rows, f"{self._url}/d/{uid}")

    def _panel(self, lookup: Lookup, budget: Budget) -> Finding:
        uid, model, title = self._model(lookup, budget)
        panel = _named(lookup.arguments["panel"], tuple(panels_of(model)))
        variables, known = variables_of(model), self._grafana.datasources(budget)
        asked = []
        for target in panel.targets:
            source = datasource_of(target, known, variables)
            # How a query looks on the page is no part of it.
            query = {key: value for key, value in target.items() if key in QUERY_KEYS}
            query["datasource"] = {"uid": source.uid, "type": source.type}
            if isinstance(query.get("expr"), str):
                query["expr"] = resolve(query["expr"], variables)
            asked.append((query, source.type))
        link = f"{self._url}/d/{uid}?viewPanel={panel.id}"
        return self._data(asked, f"{panel.title} ({title})", lookup, budget, link)

    def _query(self, lookup: Lookup, budget: Budget) -> Finding:
        uid, expr = str(lookup.arguments["datasource"]), str(lookup.arguments["expr"])
        type_ = next((one.type for one in self._grafana.datasources(budget) if one.uid == uid), "")
        if not type_:
            raise InvalidInput(Fault("/datasource", "there is no data source of this uid"))
        query = {"refId": "A", "datasource": {"uid": uid, "type": type_}, "expr": expr}
        return self._data([(query, type_)], expr, lookup, budget, f"{self._url}/explore")

    def _data(
        self, asked: Sequence[tuple[Mapping[str, Any], str]], title: str, lookup: Lookup, budget: Budget, link: str
    ) -> Finding:
        if lookup.span is None:
            raise InvalidInput(Fault("/earliest", "data has a time range"))
        found = self._grafana.query(asked, lookup.span, budget) if asked else []
        table = frames.logs(self.name, found) if found else None
        if table is None:
            wants_points = lookup.arguments.get("detail") == "points"
            table = (frames.points if wants_points else frames.summary)(self.name, found)
        query = "; ".join(f"{one['datasource']['uid']}: {' '.join(str(one.get('expr')).split())}" for one, _ in asked)
        if len(title) > _LONGEST:
            title = f"{title[:_LONGEST]}…"
        return _finding(title, query, table.columns, table.rows, link)

    def _alerts(self, _: Lookup, budget: Budget) -> Finding:
        told = self._grafana.get(paths.ALERTS, budget)
        rows = tuple(
            (
                str(alert["labels"].get("alertname", "")),
                str(alert["labels"].get("severity", "")),
                str(alert["status"].get("state", "")),
                _moment(alert.get("startsAt")),
                str((alert.get("annotations") or {}).get("summary", "")),
                ", ".join(f"{k}={v}" for k, v in sorted(alert["labels"].items()) if k not in ("alertname", "severity")),
            )
            for alert in told
        )
        columns = ("alert", "severity", "state", "since", "summary", "labels")
        return _finding("Alerts that are firing", "alerts", columns, rows, f"{self._url}/alerting/list")

    def _rules(self, _: Lookup, budget: Budget) -> Finding:
        rows = tuple(
            (str(rule["name"]), str(rule.get("state", "")), str(group["file"]), str(rule.get("query", "")))
            for group in self._grafana.get(paths.RULES, budget)["data"]["groups"]
            for rule in group["rules"]
        )
        columns = ("rule", "state", "folder", "query")
        return _finding("Alert rules", "alert rules", columns, rows, f"{self._url}/alerting/list")

    def _notes(self, lookup: Lookup, budget: Budget) -> Finding:
        if lookup.span is None:
            raise InvalidInput(Fault("/earliest", "annotations have a time range"))
        start, end = _ms(lookup.span.start), _ms(lookup.span.end)
        told = self._grafana.get(paths.annotations(start, end, _MOST_NOTES), budget)
        rows = tuple(
            (frames.shown(int(one["time"])), str(one["text"]), ", ".join(one.get("tags") or ())) for one in told
        )
        cuts = (Cut(CutKind.ROWS, str(_MOST_NOTES)),) if len(told) >= _MOST_NOTES else ()
        return _finding("Annotations", "annotations", ("at", "text", "tags"), rows, self._url, cuts)

    def _model(self, lookup: Lookup, budget: Budget) -> tuple[str, Mapping[str, Any], str]:
        """A dashboard's uid, what it is, and its title; it is named by either."""
        named = str(lookup.arguments["dashboard"])
        try:
            model = self._grafana.get(paths.dashboard(named), budget, "/dashboard")["dashboard"]
        except InvalidInput:
            hits = self._grafana.get(paths.search(named, 1, _HITS), budget, "/dashboard")
            uids = [str(hit["uid"]) for hit in hits if _spelt(str(hit["title"])) == _spelt(named)]
            if not uids:
                raise
            if len(uids) > 1:
                raise InvalidInput(
                    Fault("/dashboard", f"several have this title: {', '.join(uids)[:_LONGEST]}")
                ) from None
            named = uids[0]
            model = self._grafana.get(paths.dashboard(named), budget, "/dashboard")["dashboard"]
        return named, model, str(model.get("title") or named)

    def _access(self, budget: Budget) -> Access:
        org = self._grafana.get(paths.ORG, budget)
        told = self._grafana.get(paths.PERMISSIONS, budget)
        if not isinstance(told, dict) or not isinstance(org, dict):
            raise self._grafana.unread()
        changing = [name for name in sorted(told) if not name.endswith(_READING)]
        return Access(
            f"{len(told)} permissions in {org.get('name', 'its organisation')}",
            tuple(name for name in changing if name not in _EVERYBODYS),
            tuple(name for name in changing if name in _EVERYBODYS),
        )


def _shown(secret: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {secret.reveal()}"}


def _finding(
    title: str,
    query: str,
    columns: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    link: str,
    cuts: tuple[Cut, ...] = (),
) -> Finding:
    return Finding(title, query, columns, rows, len(rows), cuts, link)


def _named(asked: int | str, panels: Sequence[Panel]) -> Panel:
    """The panel of an id or a title.

    Raises:
        InvalidInput: there is none, or there are several of the title.
    """
    found = [panel for panel in panels if asked in (panel.id, str(panel.id))] or [
        panel for panel in panels if _spelt(panel.title) == _spelt(str(asked))
    ]
    if len(found) != 1:
        there = ", ".join(f"{one.id} ({one.title})" for one in found or panels) or "none"
        raise InvalidInput(Fault("/panel", f"expected one of {there[:_LONGEST]}"))
    return found[0]


def _spelt(title: str) -> str:
    return " ".join(without_accents(title).casefold().split())


def _ms(at: Any) -> int:
    return int(at.timestamp() * 1000)


def _moment(text: object) -> str:
    """A time of Grafana's to the second."""
    return str(text or "")[:19].replace("T", " ")
