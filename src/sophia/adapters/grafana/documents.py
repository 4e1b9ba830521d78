"""What a Grafana tells, as documents: its dashboards, its alert rules, and what was noted."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sophia.adapters.grafana import frames, paths
from sophia.adapters.grafana.dashboards import panels_of
from sophia.adapters.grafana.source import Grafana
from sophia.adapters.systems.client import Budget
from sophia.adapters.systems.documents import Page, SystemDocuments
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import System
from sophia.domain.readonly import GrafanaPolicy

__all__ = ["grafana_documents"]

_HITS = 100
_PAGES = 20
_NOTED_FOR = timedelta(days=90)
_MOST_NOTES = 1_000


def grafana_documents(place: Place) -> SystemDocuments:
    """The documents of a Grafana: one for each dashboard and each alert rule, and one a month of annotations."""
    grafana = Grafana(place, GrafanaPolicy())
    url = place.url.rstrip("/")

    def pages(budget: Budget) -> Iterator[Page]:
        try:
            yield from _dashboards(grafana, url, budget)
            yield from _rules(grafana, url, budget)
            yield from _notes(grafana, url, budget)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise grafana.unread() from error

    return SystemDocuments(place, System.GRAFANA, pages)


def _dashboards(grafana: Grafana, url: str, budget: Budget) -> Iterator[Page]:
    for page in range(1, _PAGES + 1):
        hits = grafana.get(paths.search("", page, _HITS), budget)
        for hit in hits:
            uid = str(hit["uid"])
            model = grafana.get(paths.dashboard(uid), budget)["dashboard"]
            parts = [
                f"# {model.get('title') or uid}",
                str(model.get("description") or ""),
                "A dashboard of Grafana"
                + (f", in the folder {folder}." if (folder := hit.get("folderTitle")) else "."),
                *map(_panel, panels_of(model)),
            ]
            yield Page(f"dashboard/{uid}", "\n\n".join(filter(None, parts)) + "\n", f"{url}/d/{uid}")
        if len(hits) < _HITS:
            return


def _panel(panel: Any) -> str:
    parts = [f"## {panel.title or 'Panel'}", panel.description, f"```\n{panel.queries}\n```" if panel.queries else ""]
    return "\n\n".join(filter(None, parts))


def _rules(grafana: Grafana, url: str, budget: Budget) -> Iterator[Page]:
    for group in grafana.get(paths.RULES, budget)["data"]["groups"]:
        for rule in group["rules"]:
            name = str(rule["name"])
            notes = "\n".join(f"- {key}: {value}" for key, value in sorted((rule.get("annotations") or {}).items()))
            labels = ", ".join(f"{key}={value}" for key, value in sorted((rule.get("labels") or {}).items()))
            parts = [
                f"# {name}",
                f"An alert rule of Grafana, in the folder {group['file']}." + (f" Labels: {labels}." if labels else ""),
                notes,
                f"```\n{rule.get('query', '')}\n```",
            ]
            uid = str(rule.get("uid") or f"{group['file']}/{name}")
            link = f"{url}/alerting/grafana/{uid}/view"
            yield Page(f"alert-rule/{uid}", "\n\n".join(filter(None, parts)) + "\n", link)


def _notes(grafana: Grafana, url: str, budget: Budget) -> Iterator[Page]:
    now = datetime.now(UTC)
    start, end = (int(at.timestamp() * 1000) for at in (now - _NOTED_FOR, now))
    months = defaultdict(list)
    for note in grafana.get(paths.annotations(start, end, _MOST_NOTES), budget):
        told = frames.shown(int(note["time"]))
        tags = f" ({', '.join(note['tags'])})" if note.get("tags") else ""
        months[told[:7]].append(f"- {told}: {note['text']}{tags}")
    for month, lines in months.items():
        yield Page(f"annotations/{month}", f"# Annotations of {month}\n\n" + "\n".join(sorted(lines)) + "\n", url)
