"""Splunk as a source of look-ups."""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote, urlencode

from sophia.adapters.http.client import Request
from sophia.adapters.splunk.translate import Export, at, entries, fault_of, fill_in, lines, severity
from sophia.adapters.systems.client import Budget, SystemClient, TimedOut
from sophia.adapters.systems.source import Place, SystemSource
from sophia.domain.lookups import Cut, CutKind, Finding, Lookup, Operation, System, TimeRange
from sophia.domain.readonly import SplPolicy, check_search
from sophia.domain.secrets import Secret
from sophia.errors import Fault, InvalidInput, SophiaError, Unanswered, Unavailable
from sophia.logs import get_logger
from sophia.ports.security_source import Access

__all__ = ["SplunkSource", "splunk_client"]

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_MEBIBYTE = 2**20
_CANCEL_SECONDS = 2.0
_LONGEST_TITLE = 100
_MOST_ALERTS = 1_000

_SEARCH = Operation(
    "search",
    "the rows of a search in SPL, without time modifiers: the range is given apart",
    {"search": {"type": "string", "minLength": 1, "maxLength": 20_000, "description": "SPL"}},
    ("search",),
    ranged=True,
)
_SAVED = Operation(
    "saved_search",
    "the rows of one of the company's saved searches, by name",
    {
        "saved_search": {"type": "string", "minLength": 1, "maxLength": 200, "description": "its name"},
        "arguments": {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": 200},
            "description": "values of its tokens, by name",
        },
    },
    ("saved_search",),
    ranged=True,
)
_FIRED = Operation("fired_alerts", "the alerts that have fired, newest first", ranged=True)

_READING = ("get_", "list_")
_READING_WHOLE = frozenset(
    {
        "export_results_is_visible",
        "pattern_detect",
        "rest_access_server_endpoints",
        "rest_apps_view",
        "rest_properties_get",
        "rtsearch",
        "run_walklex",
        "search",
        "search_process_config_refresh",
        "select_workload_pools",
    }
)
"""Capabilities (authorize.conf) that let nobody change anything; all others may."""

_log = get_logger(__name__)


def splunk_client(place: Place, scheme: str) -> SystemClient:
    """A client that shows a token (``Bearer``) or a session key (``Splunk``)."""

    def shown(secret: Secret) -> Mapping[str, str]:
        return {"Authorization": f"{scheme} {secret.reveal()}"}

    return place.client(shown)


class SplunkSource(SystemSource):
    """Searches a Splunk. Only the searches that `sophia.domain.readonly` lets pass are sent.

    Args:
        place: where it is.
        policy: what a search may do; what else is named there may be named in a search.
        scheme: how the credential is shown.
        web_url: of Splunk's own pages, for links; empty: there are none.
    """

    def __init__(self, place: Place, policy: SplPolicy, scheme: str = "Bearer", web_url: str = "") -> None:
        super().__init__(place)
        self._policy = policy
        self._web_url = web_url.rstrip("/")
        self._client = splunk_client(place, scheme)

    @property
    def system(self) -> System:
        """See `SecuritySource`."""
        return System.SPLUNK

    @property
    def operations(self) -> Sequence[Operation]:
        """See `SecuritySource`."""
        return (_SEARCH, _SAVED, _FIRED)

    def _find(self, lookup: Lookup, budget: Budget) -> Finding:
        span = lookup.span
        if span is None:
            raise InvalidInput(Fault("/earliest", "a look-up in Splunk has a time range"))
        if lookup.operation == _FIRED.name:
            return self._fired(span, budget)
        if lookup.operation == _SAVED.name:
            name = str(lookup.arguments["saved_search"])
            return self._search(self._saved(name, lookup.arguments.get("arguments") or {}, budget), name, span, budget)
        text = str(lookup.arguments["search"])
        return self._search(text, " ".join(text.split()), span, budget)

    def _search(self, text: str, title: str, span: TimeRange, budget: Budget) -> Finding:
        search = check_search(text, self._policy)
        sid = f"sophia_{secrets.token_hex(12)}"
        form = {
            "search": search,
            "earliest_time": f"{span.start.timestamp():.3f}",
            "latest_time": f"{span.end.timestamp():.3f}",
            "output_mode": "json",
            "preview": "false",
            "max_time": str(max(1, round(self.caps.seconds))),
            "id": sid,
        }
        request = Request("POST", "/services/search/v2/jobs/export", _FORM, urlencode(form).encode())
        export = Export(self.name, self.caps.rows)
        is_over = False
        try:
            self._export(request, export, budget)
            is_over = True
        finally:
            if not is_over:
                self._cancel(sid)
        if export.seen > len(export.rows):
            export.cuts.append(Cut(CutKind.ROWS, str(self.caps.rows)))
        if len(title) > _LONGEST_TITLE:
            title = f"{title[:_LONGEST_TITLE]}…"
        return Finding(
            title, search, export.columns, export.table, export.seen, tuple(export.cuts), self._link(search, span)
        )

    def _export(self, request: Request, export: Export, budget: Budget) -> None:
        """Read a search to its end, or as far as it can be read: what is lacking is told by a cut."""
        read, most = 0, self.caps.megabytes * _MEBIBYTE
        try:
            with self._client.open(request, budget) as answer:
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    raise InvalidInput(Fault("/search", fault_of(answer.whole().json)))
                for line in lines(answer.pieces):
                    read += len(line) + 1
                    if read > most:
                        export.cuts.append(Cut(CutKind.BYTES, f"{self.caps.megabytes} MB"))
                        return
                    export.read(line)
        except TimedOut:
            if not export.rows:
                raise
            export.cuts.append(Cut(CutKind.TIME, f"{self.caps.seconds:g} s"))
        except Unanswered:
            if not export.rows:
                raise
        if export.is_whole or any(cut.kind is CutKind.TIME for cut in export.cuts):
            return
        if not export.rows:  # that there is nothing is said as well
            raise Unavailable(self.name, "has sent no answer that can be read")
        export.cuts.append(Cut(CutKind.PARTIAL, "the answer broke off"))

    def _cancel(self, sid: str) -> None:
        """Have Splunk stop a search that nobody waits for any more; hanging up does so as well, but later."""
        control = Request("POST", f"/services/search/v2/jobs/{sid}/control", _FORM, b"action=cancel&output_mode=json")
        try:
            self._client.read(control, Budget(self.name, _CANCEL_SECONDS, lambda: None))
        except SophiaError as error:
            _log.info("splunk.not_cancelled", source=self.name, error=str(error))

    def _saved(self, name: str, arguments: Mapping[str, object], budget: Budget) -> str:
        """The text of a saved search, which passes the guard like any other."""
        if name not in self._policy.saved_searches:
            there = ", ".join(sorted(self._policy.saved_searches)) or "none"
            raise InvalidInput(Fault("/saved_search", f"expected one that the company has named: {there}"))
        path = f"/servicesNS/-/-/saved/searches/{quote(name, safe='')}?output_mode=json"
        reply = self._client.read(Request("GET", path), budget)
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise InvalidInput(Fault("/saved_search", fault_of(reply.json)))
        (_, content), *_ = entries(self.name, reply.json)[0] or [("", {})]
        search = content.get("search")
        if not isinstance(search, str):
            raise Unavailable(self.name, "has sent no answer that can be read")
        return fill_in(search, arguments)

    def _fired(self, span: TimeRange, budget: Budget) -> Finding:
        path = f"/servicesNS/-/-/alerts/fired_alerts/-?output_mode=json&count={_MOST_ALERTS}"
        reply = self._client.read(Request("GET", path), budget)
        # Where no alert has ever fired there is no list of them.
        found, total = ([], 0) if reply.status == HTTPStatus.NOT_FOUND else entries(self.name, reply.json)
        cuts = (Cut(CutKind.ROWS, str(_MOST_ALERTS)),) if total > len(found) else ()
        fired = [(when, content) for _, content in found if (when := at(content, "trigger_time")) is not None]
        fired = sorted(((t, c) for t, c in fired if span.start <= t < span.end), key=lambda one: one[0], reverse=True)
        rows = tuple(
            (f"{when:%Y-%m-%d %H:%M:%S} UTC", str(content.get("savedsearch_name", "")), severity(content))
            for when, content in fired
        )
        if len(rows) > self.caps.rows:
            cuts = (*cuts, Cut(CutKind.ROWS, str(self.caps.rows)))
        link = f"{self._web_url}/app/search/alerts" if self._web_url else ""
        title, query = "Fired alerts", "alerts/fired_alerts"
        return Finding(title, query, ("fired", "alert", "severity"), rows[: self.caps.rows], len(rows), cuts, link)

    def _link(self, search: str, span: TimeRange) -> str:
        if not self._web_url:
            return ""
        asked = {"q": search, "earliest": int(span.start.timestamp()), "latest": int(span.end.timestamp())}
        return f"{self._web_url}/app/search/search?{urlencode(asked)}"

    def _access(self, budget: Budget) -> Access:
        reply = self._client.read(Request("GET", "/services/authentication/current-context?output_mode=json"), budget)
        (_, content), *_ = entries(self.name, reply.json)[0] or [("", {})]
        try:
            roles, capabilities = map(str, content["roles"]), sorted(map(str, content["capabilities"]))
        except (KeyError, TypeError) as error:
            raise Unavailable(self.name, "does not tell what its credential may do") from error
        writes = tuple(one for one in capabilities if one not in _READING_WHOLE and not one.startswith(_READING))
        return Access(", ".join(roles), writes)
