"""Where things are in Grafana's API: ``/api`` gives way to ``/apis`` from version 13 on, and this is the one place."""

from urllib.parse import quote, urlencode

__all__ = [
    "ALERTS",
    "DATASOURCES",
    "HEALTH",
    "ORG",
    "PERMISSIONS",
    "QUERY",
    "RULES",
    "annotations",
    "dashboard",
    "search",
]

HEALTH = "/api/health"
ORG = "/api/org"
PERMISSIONS = "/api/access-control/user/permissions"
DATASOURCES = "/api/datasources"
QUERY = "/api/ds/query"
RULES = "/api/prometheus/grafana/api/v1/rules"
ALERTS = "/api/alertmanager/grafana/api/v2/alerts"


def search(words: str, page: int, limit: int) -> str:
    """Dashboards by words of their titles."""
    return f"/api/search?{urlencode({'type': 'dash-db', 'query': words, 'limit': limit, 'page': page})}"


def dashboard(uid: str) -> str:
    """One dashboard."""
    return f"/api/dashboards/uid/{quote(uid, safe='')}"


def annotations(start_ms: int, end_ms: int, limit: int) -> str:
    """What was noted in a time range."""
    return f"/api/annotations?{urlencode({'from': start_ms, 'to': end_ms, 'limit': limit})}"
