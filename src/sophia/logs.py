"""SOPHIA's log: events with fields, handed to the standard library's `logging`.

As a library SOPHIA says nothing unless the program that uses it has configured `logging`; then every
record's message is a dict with the ``event`` and its fields. A formatter of structlog's (its `ProcessorFormatter`)
finds in it what it needs; any other prints the dict. How `sophia serve` shows its log is in `sophia.bootstrap.logs`.

An event never holds message text or secrets. What all events of a request or a run have in common is bound once, by
`structlog.contextvars`: ``request``, ``trace_id``, ``tenant``, ``run``, ``thread``.
"""

import logging
from typing import cast

import structlog

__all__ = ["get_logger"]

# https://docs.python.org/3/howto/logging.html#configuring-logging-for-a-library
logging.getLogger("sophia").addHandler(logging.NullHandler())


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module. It has a configuration of its own, so that structlog's is left to the program."""
    logger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # The lines alone: the values of variables there are what users said, or secrets.
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
    )
    return cast(structlog.stdlib.BoundLogger, logger)
