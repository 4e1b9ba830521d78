"""How a program of SOPHIA's shows its log: as JSON lines, or for people, on stderr."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from sophia.bootstrap.settings import LogSettings

__all__ = ["log_to_stderr", "logs_are_json"]


def log_to_stderr(settings: LogSettings) -> None:
    """Send every line to stderr, in one format: SOPHIA's events from the level on, other libraries' from warnings on.

    A line of JSON has ``timestamp`` (ISO 8601, UTC), ``level``, ``event``, ``logger`` and the event's fields;
    ``exception`` is a traceback without the values of variables.
    """
    as_json = logs_are_json(settings)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.contextvars.merge_contextvars,
                structlog.processors.format_exc_info,
            ],
            processors=[
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_FOR_MACHINES if as_json else _for_people()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("sophia").setLevel(settings.level.upper())


def logs_are_json(settings: LogSettings) -> bool:
    """Whether the lines are for machines."""
    return settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())


def _in_reading_order(_logger: Any, _name: str, event: EventDict) -> EventDict:
    first = ("timestamp", "level", "event", "logger")
    return {**{key: event[key] for key in first if key in event}, **event}


_FOR_MACHINES: tuple[Processor, ...] = (_in_reading_order, structlog.processors.JSONRenderer())


def _one_line(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """The renderer shows fields by their repr; what other libraries say stands as it is, and may quote anybody."""
    return {**event, "event": "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(event["event"]))}


def _for_people() -> tuple[Processor, ...]:
    return (
        _one_line,
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=24
        ),
    )
