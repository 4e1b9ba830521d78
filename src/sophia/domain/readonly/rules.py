"""The rules of the read-only guard, each with a stable code."""

from enum import StrEnum

__all__ = ["Rule"]


class Rule(StrEnum):
    """Why a query is refused; `sophia.domain.readonly.wording` words each."""

    # of every system
    EMPTY = "empty"
    SIZE = "size"
    DEPTH = "depth"
    CHARACTER = "character"
    # of Splunk searches
    QUOTE = "quote"
    ESCAPE = "escape"
    BRACKET = "bracket"
    STAGE = "stage"
    COMMAND = "command"
    PIPE = "pipe"
    MACRO = "macro"
    MACRO_ARGUMENT = "macro-argument"
    LOOKUP = "lookup"
    SAVED_SEARCH = "saved-search"
    DATASET = "dataset"
    NAME = "name"
    OPTION = "option"
    SUBSEARCH = "subsearch"
    SUBSEARCH_FIELDS = "subsearch-fields"
    SUBSEARCH_TEXT = "subsearch-text"
    TEMPLATE = "template"
    TIME = "time"
    # of PAN-OS commands
    XML = "xml"
    MARKUP = "markup"
    ENTITY = "entity"
    ATTRIBUTE = "attribute"
    ROOT = "root"
    SUBJECT = "subject"
    # of Grafana queries
    DATASOURCE = "datasource"
    DATASOURCE_TYPE = "datasource-type"
    KEY = "key"
    VALUE = "value"
