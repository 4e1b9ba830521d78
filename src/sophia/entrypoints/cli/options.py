"""Options that commands share, and how SOPHIA is made from them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sophia.bootstrap.logs import log_to_stderr
from sophia.bootstrap.settings import LogSettings, Settings
from sophia.bootstrap.settings_file import load_settings
from sophia.errors import ConfigurationError, Fault

__all__ = [
    "caller_options",
    "company_option",
    "config_option",
    "json_option",
    "one_company",
    "quiet_logs",
    "user_option",
]

F = TypeVar("F", bound=Callable[..., Any])


def config_option(function: F) -> F:
    """``--config FILE``: hands the settings over as ``settings``."""
    return click.option(
        "--config",
        "settings",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="SOPHIA_CONFIG",
        default=Path("sophia.toml"),
        show_default=True,
        callback=lambda _ctx, _param, path: load_settings(path),
        help="The settings file (or SOPHIA_CONFIG).",
    )(function)


def company_option(function: F) -> F:
    """``--company ID``."""
    return click.option("--company", metavar="ID", help="The company; not needed where there is only one.")(function)


def user_option(function: F) -> F:
    """``--user ID``."""
    return click.option("--user", metavar="ID", help="The user; the company's service when none is named.")(function)


def caller_options(function: F) -> F:
    """``--config``, ``--company`` and ``--user``: who asks, and where."""
    return config_option(company_option(user_option(function)))


def json_option(function: F) -> F:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, in the shapes of openapi.yaml.")(function)


def one_company(settings: Settings, named: str | None) -> str:
    """The company that a command is about.

    Raises:
        ConfigurationError: none is named and there is not exactly one; or there is none of that name. Where the backend
            knows the companies, it says itself that there is none.
    """
    known = [company.id for company in settings.companies]
    if named in known or (named is not None and settings.backend.directory == "rest"):
        return str(named)
    if named is None and len(known) == 1:
        return known[0]
    wrong = f"there is no company {named!r}" if named else "name one with --company"
    raise ConfigurationError(Fault("", f"{wrong}; there are {', '.join(known) or 'none'}"))


def quiet_logs() -> None:
    """Keep log lines out of what a command prints, but for warnings, which go to stderr."""
    log_to_stderr(LogSettings("warning", "text"))
