"""The emulated backend with a plain page for people: what SOPHIA has handed over, and a way to answer it.

    python -m sophia.testing.emulators.backend_page

is a process of its own (`make run` starts it beside SOPHIA). It reads one line of JSON from stdin: ``sophia``, where
SOPHIA listens; ``token`` that SOPHIA shows here; ``paths`` where tickets are taken; ``secrets`` that reports are signed
with (``whsec_…``), by company. It writes its own URL to stdout, and ends when stdin does.
"""

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2
from attrs import frozen
from standardwebhooks import Webhook

from sophia.testing.emulators.backend import BackendEmulator, Received
from sophia.testing.emulators.server import Exchange, Request

__all__ = ["BackendWithPage", "Report"]

_STATES = ("accepted", "in_progress", "resolved", "rejected", "returned")
_LONGEST_NOTE = 2000

_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.25rem; } h2 { font-size: 1rem; margin-top: 2rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
td { overflow-wrap: anywhere; }
blockquote { margin: 0; padding: .5rem 1rem; border-left: 3px solid #8888; }
blockquote { white-space: pre-wrap; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
label { display: grid; gap: .25rem; } label.note { flex: 1 1 20rem; }
select, input, button { min-height: 2.5rem; padding: .25rem .75rem; font: inherit; }
.quiet { opacity: .75; font-size: .875rem; }
"""
_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_REFRESH = 3  # seconds; a page without script


@frozen
class Report:
    """What was reported to SOPHIA of a ticket, and what SOPHIA said to it."""

    version: int
    state: str
    note: str
    answer: str


class BackendWithPage(BackendEmulator):
    """A `BackendEmulator` whose tickets are listed at ``/`` and can be answered.

    Args:
        sophia: where SOPHIA listens.
        secrets: that reports are signed with, by company.
        more: see `BackendEmulator`.
    """

    def __init__(self, sophia: str, secrets: Mapping[str, str], **more: Any) -> None:
        super().__init__(**more)
        self._sophia = sophia
        self._secrets = secrets
        self._reporting = Lock()
        self._reported: dict[str, list[Report]] = {}

    def report(self, ticket: Received, state: str, note: str) -> Report:
        """Tell SOPHIA how far a ticket is, signed as Standard Webhooks (https://www.standardwebhooks.com)."""
        with self._reporting:
            known = self._reported.setdefault(ticket.number, [])
            version = len(known) + 1
            body = {"ticketId": ticket.report["reportId"], "version": version, "state": state}
            body |= {"externalId": ticket.number} | ({"note": note} if note else {})
            known.append(Report(version, state, note, self._send(ticket.report["companyId"], body)))
            return known[-1]

    def _send(self, company: str, body: Mapping[str, Any]) -> str:
        content = json.dumps(body)
        id_, at = f"msg_{secrets.token_hex(12)}", datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self._secrets[company]).sign(id_, at, content),
        }
        url = f"{self._sophia}/tickets/{quote(body['ticketId'], safe='')}/updates?{urlencode({'companyId': company})}"
        try:
            response = httpx2.post(url, content=content, headers=headers, timeout=10.0, trust_env=False)
        except httpx2.HTTPError as error:
            return f"SOPHIA does not answer ({type(error).__name__})"
        return f"SOPHIA answered {response.status_code} {HTTPStatus(response.status_code).phrase}"

    def _answer(self, request: Request, exchange: Exchange) -> None:
        parts = urlsplit(request.path)
        place = parts.path.strip("/").split("/")
        by_number = {ticket.number: ticket for ticket in self.tickets}
        if parts.path != "/" and place[0] != "tickets":
            super()._answer(request, exchange)
        elif not self._is_asked_here(request):
            exchange.send(HTTPStatus.FORBIDDEN)
        elif (request.method, parts.path) == ("GET", "/"):
            exchange.send(HTTPStatus.OK, self._list().encode(), _HEADERS)
        elif len(place) == 2 and (ticket := by_number.get(place[1])) is not None:
            if request.method == "POST":
                self._take_answer(ticket, request)
                exchange.send(HTTPStatus.SEE_OTHER, headers={"Location": f"/tickets/{quote(ticket.number)}"})
            else:
                exchange.send(HTTPStatus.OK, self._show(ticket).encode(), _HEADERS)
        else:
            exchange.send(HTTPStatus.NOT_FOUND)

    def _is_asked_here(self, request: Request) -> bool:
        """Whether no other page has sent this: neither a form elsewhere nor another name for this machine."""
        here = urlsplit(self.url).netloc
        origin = request.headers.get("origin")
        said = request.headers.get("sec-fetch-site", "same-origin")
        return (
            request.headers.get("host") == here
            and (origin is None or origin == self.url)
            and (request.method == "GET" or said == "same-origin")
        )

    def _take_answer(self, ticket: Received, request: Request) -> None:
        form = parse_qs(request.body.decode(errors="replace"))
        state, note = form.get("state", [""])[0], " ".join(form.get("note", [""])[0].split())[:_LONGEST_NOTE]
        if state in _STATES:
            self.report(ticket, state, note)

    def _list(self) -> str:
        rows = [
            f'<tr><td><a href="/tickets/{quote(t.number)}">{escape(t.number)}</a></td>{_cells(t)}'
            f"<td>{escape(self._state(t))}</td></tr>"
            for t in reversed(self.tickets)
        ]
        head = "".join(f"<th scope=col>{name}</th>" for name in ("Ticket", "Company", "Category", "Title", "State"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        nothing = "<p>Nothing yet. Ask SOPHIA for something to be done, and it is handed over to here.</p>"
        return _page("Handed over", table if rows else nothing, f'<meta http-equiv="refresh" content="{_REFRESH}">')

    def _show(self, ticket: Received) -> str:
        report = ticket.report
        actions = "; ".join(
            " → ".join([action["action"], ", ".join(action["objects"])]).removesuffix(" → ")
            for action in report["requestedActions"]
        )
        facts = {
            "Company": report["companyId"],
            "User": report["userId"],
            "Category": report["category"],
            "Priority": " — ".join(filter(None, [report["priority"], report.get("priorityReason")])),
            "Asked for": actions,
            "Received": f"{ticket.times} time(s), with one key",
            "SOPHIA's id": report["reportId"],
        }
        table = "".join(f"<tr><th scope=row>{n}</th><td>{escape(str(v))}</td></tr>" for n, v in facts.items())
        evidence = "".join(
            f"<h2>Found beside it: {escape(str(e['title']))} <span class=quiet>({_trust(e)})</span></h2>"
            f"<blockquote>{escape(str(e['text']))}</blockquote>"
            for e in report["evidence"]
        )
        options = "".join(f'<option value="{state}">{state.replace("_", " ")}</option>' for state in _STATES)
        reports = "".join(
            f"<tr><td>{r.version}</td><td>{escape(r.state)}</td><td>{escape(r.note)}</td><td>{escape(r.answer)}</td></tr>"
            for r in self._reported.get(ticket.number, ())
        )
        head = "<tr><th>Version</th><th>State</th><th>Note</th><th>Outcome</th></tr>"
        return _page(
            f"{ticket.number}: {report['title']}",
            '<p><a href="/">All tickets</a></p>'
            f"<table>{table}</table>"
            f"<h2>In the user's words</h2><blockquote>{escape(report['userMessage'])}</blockquote>{evidence}"
            f"<h2>Answer it</h2><form method=post><label>State <select name=state>{options}</select></label>"
            f'<label class=note>Note <input name=note maxlength="{_LONGEST_NOTE}"></label><button>Send</button></form>'
            + (f"<h2>Reported to SOPHIA</h2><table>{head}{reports}</table>" if reports else ""),
        )

    def _state(self, ticket: Received) -> str:
        reported = self._reported.get(ticket.number)
        return reported[-1].state.replace("_", " ") if reported else "received"


def _cells(ticket: Received) -> str:
    return "".join(f"<td>{escape(str(ticket.report[name]))}</td>" for name in ("companyId", "category", "title"))


def _trust(evidence: dict[str, object]) -> str:
    return (
        "not trusted, and it speaks to the assistant as an attack would" if evidence.get("suspected") else "not trusted"
    )


def _page(title: str, body: str, more: str = "") -> str:
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(title)}</title>{more}"
        f'<meta name=viewport content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main>"
        "<footer><p class=quiet>An emulated backend, for trying SOPHIA out. Nobody acts on these tickets; they are "
        "forgotten when it ends.</p></footer></body></html>"
    )


def _main() -> None:
    told = json.loads(sys.stdin.readline())
    first = 1000 + secrets.randbelow(9000)  # numbers that an earlier start has not given
    sophia, secrets_of, token, paths = (told[name] for name in ("sophia", "secrets", "token", "paths"))
    with BackendWithPage(sophia, secrets_of, token=token, paths=paths, first=first) as backend:
        print(backend.url, flush=True)  # noqa: T201 -- this is what it is asked for
        sys.stdin.read()


if __name__ == "__main__":
    _main()
