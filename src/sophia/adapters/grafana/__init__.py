"""Grafana over its HTTP API (https://grafana.com/docs/grafana/latest/developer-resources/api-reference/http-api/)."""

from sophia.adapters.grafana.documents import grafana_documents
from sophia.adapters.grafana.source import GrafanaSource

__all__ = ["GrafanaSource", "grafana_documents"]
