"""What a Splunk tells, as documents: its saved searches, and the alerts that have fired."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from sophia.adapters.http.client import Request
from sophia.adapters.splunk.source import splunk_client
from sophia.adapters.splunk.translate import at, entries, severity
from sophia.adapters.systems.client import Budget, SystemClient
from sophia.adapters.systems.documents import Page, SystemDocuments
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import System

__all__ = ["splunk_documents"]

_PAGE = 100
_MOST = 2_000
_FIRINGS = 20


def splunk_documents(place: Place, scheme: str = "Bearer", web_url: str = "") -> SystemDocuments:
    """The documents of a Splunk: one for each saved search, with the last times that it has fired."""
    client = splunk_client(place, scheme)

    def pages(budget: Budget) -> Iterator[Page]:
        fired = defaultdict(list)
        for _, content in _all(client, place.name, "alerts/fired_alerts/-", budget):
            if (when := at(content, "trigger_time")) is not None:
                fired[str(content.get("savedsearch_name"))].append((when, content))
        for name, content in _all(client, place.name, "saved/searches", budget):
            firings = sorted(fired[name], key=lambda one: one[0], reverse=True)[:_FIRINGS]
            told = [f"- {when:%Y-%m-%d %H:%M} UTC, {severity(one)}" for when, one in firings]
            yield Page(f"saved-search/{name}", _text(name, content, told), _link(place, web_url, name))

    return SystemDocuments(place, System.SPLUNK, pages)


def _all(client: SystemClient, source: str, path: str, budget: Budget) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for offset in range(0, _MOST, _PAGE):
        asked = urlencode({"output_mode": "json", "count": _PAGE, "offset": offset})
        reply = client.read(Request("GET", f"/servicesNS/-/-/{path}?{asked}"), budget)
        if reply.status == HTTPStatus.NOT_FOUND:  # as long as nothing has fired
            return
        found, total = entries(source, reply.json)
        yield from found
        if not found or offset + len(found) >= total:
            return


def _text(name: str, content: Mapping[str, Any], firings: list[str]) -> str:
    schedule = content.get("cron_schedule") if content.get("is_scheduled") in (True, 1, "1") else None
    parts = [
        f"# {name}",
        str(content.get("description") or "").strip(),
        "A saved search of Splunk." + (f" It runs on the schedule `{schedule}`." if schedule else ""),
        f"```\n{content.get('search', '')}\n```",
        "## Fired\n\n" + "\n".join(firings) if firings else "",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _link(place: Place, web_url: str, name: str) -> str:
    if web_url:
        return f"{web_url.rstrip('/')}/app/search/report?{urlencode({'s': f'/servicesNS/-/-/saved/searches/{name}'})}"
    return f"{place.url.rstrip('/')}/servicesNS/-/-/saved/searches/{quote(name, safe='')}"
