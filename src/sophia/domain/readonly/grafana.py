"""Which Grafana queries may run: PromQL and LogQL, of data sources that a company has named.

Being a Viewer in Grafana is no boundary: who may query one data source of an organisation may query all of
them, and one that speaks SQL may write. So the query that is sent is built anew from the keys known here.

Source: Grafana HTTP API (Query a data source), pkg/tsdb of Prometheus and Loki.
"""

import re
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from attrs.validators import ge

from sophia.domain.readonly.refusing import check_characters, check_size, refused
from sophia.domain.readonly.rules import Rule

__all__ = ["EXPRESSION_LIMIT", "INTERVAL_MS", "QUERY_KEYS", "TYPES", "GrafanaPolicy", "check_query"]

TYPES = frozenset({"prometheus", "loki"})
"""Data source types whose query languages only read."""

EXPRESSION_LIMIT = 10_000
"""Characters of an expression."""

INTERVAL_MS = (1_000, 86_400_000)
"""The shortest and the longest step, in milliseconds."""

_DEFAULT_INTERVAL_MS = 15_000
_REF_ID = re.compile(r"[A-Za-z0-9 _.-]{1,40}")

QUERY_KEYS = frozenset(
    """
    adhocFilters datasource datasourceId direction editorMode exemplar expr format groupByKey hide instant interval
    intervalFactor intervalMs key legendFormat legendLink maxDataPoints maxLines metric queryType range rangeRaw refId
    requestId resolution scopes splitDuration step supportingQueryType useBackend utcOffsetSec valueType volumeQuery
    disableTextWrap fullMetaSearch includeNullMetadata qryType
    """.split()
)
"""Keys that a query to Prometheus or Loki has in a dashboard's panel. Not all are sent: some change how it looks."""


@frozen
class GrafanaPolicy:
    """What a company allows of Grafana.

    Attributes:
        datasources: uids of data sources that may be queried; they still have to be of one of `TYPES`.
        max_points: the most points of a series, and the most log lines.
    """

    datasources: frozenset[str] = frozenset()
    max_points: int = field(default=1_000, validator=ge(1))


def check_query(query: Mapping[str, Any], datasource_type: str, policy: GrafanaPolicy) -> dict[str, Any]:
    """The query to send, with nothing in it but what is known: bounded points, step and lines.

    Args:
        query: as a caller or a dashboard's panel has it; ``datasource`` with its ``uid``, and ``expr``.
        datasource_type: of that data source, as Grafana itself tells it; never the caller's word.
        policy: the company's.

    Returns:
        A new object. ``maxDataPoints`` and ``intervalMs`` are moved into their bounds; accepted again as it is.

    Raises:
        QueryRefused: another data source, another type, raw SQL or anything else that is not known to be a read.
    """
    for key in query:
        if key not in QUERY_KEYS:
            raise refused(Rule.KEY, str(key))
    uid = _datasource(query.get("datasource"), datasource_type, policy)
    expression = query.get("expr")
    if not isinstance(expression, str):
        raise refused(Rule.VALUE, "expr")
    check_size(expression, EXPRESSION_LIMIT)
    check_characters(expression)
    instant = _is_instant(query, datasource_type)
    points = _number(query, "maxDataPoints", policy.max_points)
    checked: dict[str, Any] = {
        "refId": _ref_id(query.get("refId", "A")),
        "datasource": {"uid": uid, "type": datasource_type},
        "expr": expression,
        "range": not instant,
        "instant": instant,
        "maxDataPoints": min(max(points, 1), policy.max_points),
        "intervalMs": min(max(_number(query, "intervalMs", _DEFAULT_INTERVAL_MS), INTERVAL_MS[0]), INTERVAL_MS[1]),
    }
    if datasource_type == "loki":
        lines = _number(query, "maxLines", policy.max_points)
        checked["queryType"] = "instant" if instant else "range"
        checked["maxLines"] = min(max(lines, 1), policy.max_points)
    return checked


def _datasource(named: object, datasource_type: str, policy: GrafanaPolicy) -> str:
    if datasource_type not in TYPES:
        raise refused(Rule.DATASOURCE_TYPE, datasource_type)
    if not isinstance(named, Mapping) or not isinstance(named.get("uid"), str):
        raise refused(Rule.VALUE, "datasource")
    uid: str = named["uid"]
    if uid not in policy.datasources:
        raise refused(Rule.DATASOURCE, uid)
    if named.get("type", datasource_type) != datasource_type:
        raise refused(Rule.DATASOURCE_TYPE, str(named["type"]))
    return uid


def _ref_id(value: object) -> str:
    if isinstance(value, str) and _REF_ID.fullmatch(value):
        return value
    raise refused(Rule.VALUE, "refId")


def _is_instant(query: Mapping[str, Any], datasource_type: str) -> bool:
    """Whether it asks for the last value alone; one that asks for both is a range, which has the last value too."""
    for key in ("range", "instant"):
        if not isinstance(query.get(key, False), bool):
            raise refused(Rule.VALUE, key)
    instant = query.get("instant", False)
    if datasource_type == "loki":
        kind = query.get("queryType", "")
        if not isinstance(kind, str) or kind not in {"", "range", "instant"}:
            raise refused(Rule.VALUE, "queryType")
        instant = instant or kind == "instant"
    return instant and not query.get("range", False)


def _number(query: Mapping[str, Any], key: str, default: int) -> int:
    value = query.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise refused(Rule.VALUE, key)
