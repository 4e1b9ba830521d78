"""Splunk's REST API, as far as SOPHIA looks: searches that stream, saved searches, fired alerts, and who is asking.

Source: https://docs.splunk.com/Documentation/Splunk/latest/RESTREF/RESTsearch

It answers what `sophia.testing.emulators.spl` can run over the events of a day; a test may answer itself::

    with SplunkEmulator(make_day(), token="t", answers=lambda search: Found([{"host": "a"}], pause=0.1)) as splunk:
        ...  # POST f"{splunk.url}/services/search/v2/jobs/export"

A search that is under way ends when its client hangs up. One that came with an ``id`` can be cancelled by it as well
(``POST …/jobs/{sid}/control``); an export without has no sid that anybody could know.
"""

import json
import math
import re
import secrets
import ssl
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from html import escape
from itertools import islice
from urllib.parse import parse_qs, quote, unquote

from attrs import define, evolve, field, frozen

from sophia.testing.emulators.day import ZONE, Day, FiredAlert, SavedSearch, Today, present
from sophia.testing.emulators.server import Exchange, Request
from sophia.testing.emulators.spl import SearchRefused, expanded, fill_in, moment, run, writing
from sophia.testing.emulators.system import Answer, EmulatedSystem, Fault, Faults

__all__ = ["ADMIN", "READER", "Found", "Message", "Search", "SearchJob", "SplunkEmulator"]

READER = ("search", "list_inputs", "rest_properties_get")
"""Capabilities of who can but look."""
ADMIN = (
    *READER,
    "admin_all_objects",
    "delete_by_keyword",
    "edit_user",
    "edit_search_server",
    "run_collect",
    "schedule_search",
)
"""Capabilities of who can write, delete and administer."""

_VERSION, _SERVER = "9.2.3", "spl-sh-1"
_HEADERS = {"Content-Type": "application/json; charset=UTF-8", "Connection": "Keep-Alive"}
_TICK = 0.05
_PIECE = 16_384


@frozen
class Message:
    """What Splunk says of a search (DEBUG, INFO, WARN, ERROR, FATAL), after so many rows; FATAL ends it."""

    type: str
    text: str
    after: int = 0


@frozen
class Found:
    """What a search finds.

    Attributes:
        rows: in order; a generator makes as many as are wanted.
        previews: how often the rows that are there so far are shown before they are final.
        messages: said on the way.
        pause: seconds before each row.
        bom: whether a byte order mark comes first.
    """

    rows: Iterable[Mapping[str, object]] = field(default=(), hash=False)
    previews: int = 0
    messages: tuple[Message, ...] = ()
    pause: float = 0.0
    bom: bool = False


@frozen
class Search:
    """A search that is asked for, with all its parameters as they came."""

    text: str
    earliest: str
    latest: str
    parameters: Mapping[str, str] = field(hash=False)


@define
class SearchJob:
    """A search that was run.

    Attributes:
        sid: that it can be found by, or nothing.
        state: running, done, finalized (out of time), failed or cancelled.
        rows: of one that was dispatched.
    """

    sid: str
    search: Search
    state: str = "running"
    rows: list[Mapping[str, object]] = field(factory=list)


class _Refused(Exception):
    def __init__(self, status: int, type: str, text: str) -> None:
        super().__init__(text)
        self.answer = _said(status, type, text)


class SplunkEmulator(EmulatedSystem):
    """Speaks ``/services/…`` (and ``/servicesNS/{owner}/{app}/…``), in JSON.

    Args:
        day: what there is to be found.
        token: that a caller shows (``Bearer``). May be changed; None: nobody's is good any more.
        users: names and passwords, for ``POST /services/auth/login``. With neither token nor users, all may come in.
        capabilities, roles: of whoever is let in.
        answers: what is found, instead of what the day has (None: that).
        max_searches: at once; one more is refused with 503.
        faults, tls: as `EmulatedSystem` takes them.

    Attributes:
        jobs: the searches that were run, in order.
        sessions: the session keys that are good.
    """

    def __init__(
        self,
        day: Day | Today,
        *,
        token: str | None = None,
        users: Mapping[str, str] | None = None,
        capabilities: Sequence[str] = READER,
        roles: Sequence[str] = ("sophia_reader",),
        answers: Callable[[Search], Found | None] = lambda _: None,
        max_searches: int = 6,
        faults: Iterable[Fault | None] | Faults = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(faults, tls=tls)
        self.token = token
        self.jobs: list[SearchJob] = []
        self.sessions: set[str] = set()
        self._told = day
        self._users = users or {}
        self._is_open = token is None and users is None
        self._capabilities = capabilities
        self._roles = roles
        self._answers = answers
        self._max_searches = max_searches

    @property
    def _day(self) -> Day:
        return present(self._told)

    def _refusal(self, status: int) -> Answer:
        return _said(status, *_REFUSALS.get(status, ("ERROR", "Something went wrong.")))

    def _answer(self, request: Request, exchange: Exchange) -> Answer:
        path, _, query = request.path.partition("?")
        path = re.sub(r"^/servicesNS/[^/]+/[^/]+/", "/services/", path)
        form = request.body.decode(errors="replace")
        given = {**parse_qs(query, keep_blank_values=True), **parse_qs(form, keep_blank_values=True)}
        parameters = {name: values[-1] for name, values in given.items()}
        try:
            answer = self._route(request, path, parameters, exchange)
        except _Refused as exc:
            answer = exc.answer
        except SearchRefused as exc:
            answer = _said(400, "FATAL", str(exc))
        except ValueError as exc:  # a number that is none
            answer = _said(400, "ERROR", f"Invalid value: {exc}")
        if parameters.get("output_mode") != "json" and isinstance(answer.body, bytes):
            return _as_xml(answer)
        return answer

    def _route(self, request: Request, path: str, parameters: Mapping[str, str], exchange: Exchange) -> Answer:
        parts = [unquote(part) for part in path.removeprefix("/services/").split("/")]
        if (request.method, parts) == ("POST", ["auth", "login"]):
            return self._login(parameters)
        if not self._knows(request.headers.get("authorization", "")):
            return self._refusal(401)
        match request.method, parts:
            case "GET", ["server", "info"]:
                return _listed([_entry("server-info", "server/info", _INFO)], {})
            case "GET", ["authentication", "current-context"]:
                return _listed([_entry("context", "authentication/current-context", self._context())], {})
            case (("GET" | "POST"), ["search", "v2", "jobs", "export"]):
                return self._export(request, parameters, exchange)
            case "POST", ["search", "v2", "jobs"]:
                return self._dispatched(request, parameters)
            case "GET", ["search", "v2", "jobs", sid]:
                return _listed([_entry(sid, f"search/v2/jobs/{sid}", _status(self._job(sid)))], {})
            case "GET", ["search", "v2", "jobs", sid, "results"]:
                return _results(self._job(sid), parameters)
            case "POST", ["search", "v2", "jobs", sid, "control"]:
                return self._control(self._job(sid), parameters.get("action", ""))
            case "GET", ["saved", "searches"]:
                return _listed([self._saved_entry(one) for one in self._day.saved], parameters)
            case "GET", ["saved", "searches", name]:
                return _listed([self._saved_entry(self._saved(name))], {})
            case "POST", ["saved", "searches", name, "dispatch"]:
                return self._dispatch(request, self._saved(name), parameters)
            case "GET", ["alerts", "fired_alerts"]:
                return _listed(list(self._fired_by_name()), parameters)
            case "GET", ["alerts", "fired_alerts", name]:
                fired = [one for one in self._day.fired if name in {"-", one.search}]
                if not fired:
                    return self._refusal(404)
                return _listed([_fired_entry(one) for one in reversed(fired)], parameters)
            case "GET", _:
                return self._refusal(404)
            case _:
                self.writes.append(request)
                return self._refusal(403)

    # --- who is asking

    def _knows(self, authorization: str) -> bool:
        scheme, _, shown = authorization.partition(" ")
        if self._is_open:
            return True
        return (scheme == "Bearer" and self.token is not None and shown == self.token) or (
            scheme == "Splunk" and shown in self.sessions
        )

    def _login(self, parameters: Mapping[str, str]) -> Answer:
        name = parameters.get("username", "")
        if name not in self._users or self._users[name] != parameters.get("password"):
            return _said(401, "WARN", "Login failed")
        session = secrets.token_urlsafe(24)
        self.sessions.add(session)
        return _json(200, {"sessionKey": session, "message": "", "code": ""})

    def _context(self) -> dict[str, object]:
        return {
            "capabilities": list(self._capabilities),
            "defaultApp": "search",
            "email": "",
            "realname": "SOPHIA",
            "roles": list(self._roles),
            "type": "Splunk",
            "tz": ZONE.key,
            "username": "sophia",
        }

    # --- searches

    def _export(self, request: Request, parameters: Mapping[str, str], exchange: Exchange) -> Answer:
        if parameters.get("output_mode") != "json":
            raise _Refused(400, "FATAL", "The emulated Splunk exports in JSON alone.")
        seconds, most = float(parameters.get("max_time") or 0), int(parameters.get("count") or 0)
        is_previewed = parameters.get("preview", "1").lower() not in {"0", "false", "f"}
        job, found = self._begin(request, parameters, parameters.get("id", ""))
        if not is_previewed:
            found = evolve(found, previews=0)
        lines = _batched(self._lines(job, found, seconds, most, exchange), 1 if found.pause else _PIECE)
        return Answer(200, lines, _HEADERS)

    def _begin(self, request: Request, parameters: Mapping[str, str], sid: str) -> tuple[SearchJob, Found]:
        if "search" not in self._capabilities:
            raise _Refused(403, "ERROR", "Insufficient permissions: the capability 'search' is needed.")
        text = parameters.get("search", "")
        if not text.strip():
            raise _Refused(400, "FATAL", "Empty search.")
        search = Search(text, parameters.get("earliest_time", ""), parameters.get("latest_time", ""), parameters)
        writes = writing(expanded(text, self._day))
        if writes:
            self.writes.append(request)
        found = self._answers(search) or self._run(search, writes)
        with self._lock:
            if sum(job.state == "running" for job in self.jobs) >= self._max_searches:
                raise _Refused(503, *_REFUSALS[503])
            if sid and any(job.sid == sid for job in self.jobs):
                raise _Refused(400, "FATAL", f"A search with the id '{sid}' is there already.")
            job = SearchJob(sid, search)
            self.jobs.append(job)
        return job, found

    def _run(self, search: Search, writes: str) -> Found:
        if writes:
            raise _Refused(403, "ERROR", f"The emulated Splunk writes nothing, and was asked to: {writes}")
        now = self._day.now()
        outcome = run(search.text, self._day, moment(search.earliest, now), moment(search.latest, now) or now)
        previews = 2 if outcome.is_transformed and len(outcome.rows) > 1 else 0
        return Found(outcome.rows, previews)

    def _lines(
        self, job: SearchJob, found: Found, limit: float, most: int, exchange: Exchange
    ) -> Generator[bytes, None, None]:
        """The answer line by line; the last row is marked, and a search that is cancelled ends without it."""
        ends = time.monotonic() + limit if limit else math.inf
        said, count = sorted(found.messages, key=lambda message: message.after), 0
        held: Mapping[str, object] | None = None
        try:
            yield b"\xef\xbb\xbf" if found.bom else b""
            rows = found.rows
            if found.previews:
                rows = list(rows)
                yield from _previews(rows, found.previews)
            for row in islice(rows, most or None):
                while said and said[0].after <= count:
                    yield _line(held, count)
                    held, message = None, said.pop(0)
                    yield _message(message)
                    if message.type == "FATAL":
                        job.state = "failed"
                        return
                if not self._waits(job, found.pause, ends, exchange):
                    break
                yield _line(held, count)
                held, count = row, count + 1
            if job.state == "cancelled":
                return
            if time.monotonic() >= ends:
                job.state = "finalized"
                said.insert(0, Message("WARN", f"Search auto-finalized after time limit ({limit:g} seconds) reached."))
            if any(message.type == "FATAL" for message in said):
                job.state = "failed"
                yield _line(held, count)
            else:
                yield _line(held, count, is_last=True) if count else b'{"preview":false,"lastrow":true}\n'
            yield from map(_message, said)
            job.state = "done" if job.state == "running" else job.state
        finally:
            if job.state == "running":
                job.state = "cancelled"

    def _waits(self, job: SearchJob, seconds: float, ends: float, exchange: Exchange) -> bool:
        """Whether the search goes on after so long; a client that has hung up ends it."""
        until = time.monotonic() + seconds
        while job.state != "cancelled" and time.monotonic() < ends:
            left = until - time.monotonic()
            if left <= 0:
                return True
            exchange.pause(min(left, _TICK))
            if exchange.deserted:
                raise ConnectionResetError
        return False

    def _job(self, sid: str) -> SearchJob:
        job = next((job for job in self.jobs if sid and job.sid == sid), None)
        if job is None:
            raise _Refused(404, "FATAL", "Unknown sid.")
        return job

    def _control(self, job: SearchJob, action: str) -> Answer:
        if action != "cancel":
            raise _Refused(400, "ERROR", f"The emulated Splunk knows no action '{action}'.")
        if job.state == "running":
            job.state = "cancelled"
        return _said(200, "INFO", "Search job cancelled.")

    # --- saved searches and alerts

    def _saved(self, name: str) -> SavedSearch:
        saved = next((one for one in self._day.saved if one.name == name), None)
        if saved is None:
            raise _Refused(404, "ERROR", f"Could not find object id={name}")
        return saved

    def _saved_entry(self, saved: SavedSearch) -> dict[str, object]:
        content = {
            "alert.severity": 3,
            "alert.track": bool(saved.cron),
            "cron_schedule": saved.cron,
            "description": saved.description,
            "disabled": False,
            "dispatch.earliest_time": saved.earliest,
            "dispatch.latest_time": saved.latest,
            "is_scheduled": bool(saved.cron),
            "qualifiedSearch": fill_in(saved.search, _Kept()),
            "search": saved.search,
        }
        return _entry(saved.name, f"saved/searches/{quote(saved.name, safe='')}", content)

    def _dispatch(self, request: Request, saved: SavedSearch, parameters: Mapping[str, str]) -> Answer:
        arguments = {
            name.removeprefix("args."): value for name, value in parameters.items() if name.startswith("args.")
        }
        asked = {
            "search": fill_in(saved.search, arguments),
            "earliest_time": parameters.get("dispatch.earliest_time", saved.earliest),
            "latest_time": parameters.get("dispatch.latest_time", saved.latest),
        }
        return self._dispatched(request, asked)

    def _dispatched(self, request: Request, parameters: Mapping[str, str]) -> Answer:
        """A search whose results are fetched later; here it is over at once."""
        sid = parameters.get("id") or f"{time.time():.3f}.{len(self.jobs) + 1}"
        job, found = self._begin(request, parameters, sid)
        job.rows = list(found.rows)
        job.state = "done"
        return _json(201, {"sid": job.sid})

    def _fired_by_name(self) -> Iterator[dict[str, object]]:
        counts = Counter(one.search for one in self._day.fired)
        for name, count in (("-", counts.total()), *sorted(counts.items())):
            yield _entry(name, f"alerts/fired_alerts/{quote(name, safe='')}", {"triggered_alert_count": count})


class _Kept(dict[str, str]):
    """Arguments that stay as they are."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return f"${name}$"


_REFUSALS = {
    401: ("WARN", "call not properly authenticated"),
    403: ("ERROR", "Action forbidden."),
    404: ("ERROR", "Not Found"),
    429: ("ERROR", "Too many requests."),
    503: (
        "FATAL",
        "Search not executed: The maximum number of concurrent historical searches on this instance has been reached.",
    ),
}
_INFO = {
    "build": "d8ae995bf219",
    "guid": "00000000-0000-4000-8000-000000000001",
    "health_info": "green",
    "host": _SERVER,
    "isFree": False,
    "licenseState": "OK",
    "os_name": "Linux",
    "product_type": "enterprise",
    "serverName": _SERVER,
    "server_roles": ["search_head"],
    "version": _VERSION,
}


def _batched(lines: Generator[bytes, None, None], size: int) -> Generator[bytes, None, None]:
    batch = bytearray()
    with closing(lines):
        for line in lines:
            batch += line
            if len(batch) >= size:
                yield bytes(batch)
                batch.clear()
    if batch:
        yield bytes(batch)


def _previews(rows: Sequence[Mapping[str, object]], generations: int) -> Iterator[bytes]:
    for generation in range(1, generations + 1):
        shown = rows[: max(1, len(rows) * generation // (generations + 1))]
        for at, row in enumerate(shown, start=1):
            yield _line(row, at, is_preview=True, is_last=at == len(shown))


def _line(row: Mapping[str, object] | None, number: int, *, is_preview: bool = False, is_last: bool = False) -> bytes:
    if row is None:
        return b""
    told: dict[str, object] = {"preview": is_preview, "offset": number - 1}
    if is_last:
        told["lastrow"] = True
    return _dumped({**told, "result": row}) + b"\n"


def _message(message: Message) -> bytes:
    return _dumped({"messages": [{"type": message.type, "text": message.text}]}) + b"\n"


def _results(job: SearchJob, parameters: Mapping[str, str]) -> Answer:
    at, count = int(parameters.get("offset") or 0), int(parameters.get("count") or 100)
    rows = job.rows[at : at + count] if count > 0 else job.rows[at:]
    names = dict.fromkeys(name for row in job.rows for name in row)
    fields = [{"name": name} for name in names]
    told = {"preview": False, "init_offset": at, "messages": [], "fields": fields, "results": rows, "highlighted": {}}
    return _json(200, told)


def _status(job: SearchJob) -> dict[str, object]:
    return {
        "dispatchState": {"running": "RUNNING", "failed": "FAILED"}.get(job.state, "DONE"),
        "isDone": job.state != "running",
        "isFailed": job.state == "failed",
        "isFinalized": job.state in {"cancelled", "finalized"},
        "messages": [],
        "resultCount": len(job.rows),
        "search": job.search.text,
        "sid": job.sid,
    }


def _fired_entry(fired: FiredAlert) -> dict[str, object]:
    at = int(fired.at.timestamp())
    sid = f"scheduler__admin__search__RMD5{sum(fired.search.encode()):x}_at_{at}_1"
    content = {
        "actions": "",
        "alert_type": "number of events",
        "digest_mode": True,
        "savedsearch_name": fired.search,
        "severity": fired.severity,
        "sid": sid,
        "trigger_time": at,
        "trigger_time_rendered": fired.at.strftime("%Y-%m-%d %H:%M:%S %Z"),
        "triggered_alerts": "1",
    }
    return _entry(sid, f"alerts/fired_alerts/{sid}", content)


def _entry(name: str, path: str, content: Mapping[str, object]) -> dict[str, object]:
    reader = {"read": ["*"], "write": ["admin"]}
    return {
        "name": name,
        "id": f"https://{_SERVER}.acme.example:8089/servicesNS/nobody/search/{path}",
        "updated": "1970-01-01T00:00:00+00:00",
        "links": {"alternate": f"/servicesNS/nobody/search/{path}"},
        "author": "nobody",
        "acl": {"app": "search", "can_write": False, "owner": "nobody", "perms": reader, "sharing": "global"},
        "content": content,
    }


def _listed(entries: Sequence[Mapping[str, object]], parameters: Mapping[str, str]) -> Answer:
    at, count = int(parameters.get("offset") or 0), int(parameters.get("count") or 30)
    kept = entries[at : at + count] if count > 0 else entries[at:]
    told = {
        "links": {},
        "origin": f"https://{_SERVER}.acme.example:8089/services",
        "updated": "1970-01-01T00:00:00+00:00",
        "generator": {"build": _INFO["build"], "version": _VERSION},
        "entry": kept,
        "paging": {"total": len(entries), "perPage": max(0, count), "offset": at},
        "messages": [],
    }
    return _json(200, told)


def _said(status: int, type: str, text: str) -> Answer:
    return _json(status, {"messages": [{"type": type, "text": text}]})


def _json(status: int, told: object) -> Answer:
    return Answer(status, _dumped(told), _HEADERS)


def _dumped(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _as_xml(answer: Answer) -> Answer:
    """What Splunk says to whoever does not ask for JSON; of what it lists, the emulator says but that."""
    told = json.loads(answer.body) if isinstance(answer.body, bytes) else {}
    said = told.get("messages") or [{"type": "ERROR", "text": "The emulated Splunk lists in JSON alone."}]
    messages = "".join(f'<msg type="{one["type"]}">{escape(one["text"])}</msg>' for one in said)
    body = f"<?xml version='1.0' encoding='UTF-8'?>\n<response><messages>{messages}</messages></response>\n"
    status = answer.status if told.get("messages") else 406
    return Answer(status, body.encode(), {**_HEADERS, "Content-Type": "text/xml; charset=UTF-8"})
