"""The read-only guard: what may be asked of Splunk, PAN-OS and Grafana, decided before anything is sent.

Each system has a policy and one pure function, which gives back the query to send, normalised, or raises
`sophia.errors.QueryRefused`. Everything is an allow-list: what is not known to read, and only to read, is refused, and
so is whatever two careful readers of the same text could take apart differently. What is sent must be what was given
back, never the text that came in. A company can name more of its own objects (macros, lookups, saved searches, data
sources) and can narrow the rest; it cannot widen it. The credential's own role is the second lock.
"""

from sophia.domain.readonly.grafana import QUERY_KEYS, GrafanaPolicy, check_query
from sophia.domain.readonly.panos import REQUEST_TYPE, PanosPolicy, PanosView, check_command
from sophia.domain.readonly.rules import Rule
from sophia.domain.readonly.spl import SplPolicy, check_search
from sophia.domain.readonly.wording import explain

__all__ = [
    "QUERY_KEYS",
    "REQUEST_TYPE",
    "GrafanaPolicy",
    "PanosPolicy",
    "PanosView",
    "Rule",
    "SplPolicy",
    "check_command",
    "check_query",
    "check_search",
    "explain",
]
