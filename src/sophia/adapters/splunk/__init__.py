"""Splunk over its REST API (https://help.splunk.com/en/splunk-enterprise/leverage-rest-apis)."""

from sophia.adapters.splunk.documents import splunk_documents
from sophia.adapters.splunk.source import SplunkSource

__all__ = ["SplunkSource", "splunk_documents"]
