"""``sophia doctor``: whether everything is as it should be."""

import click
from attrs import asdict

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.diagnosis import Diagnosis, Level
from sophia.entrypoints.cli.options import config_option, json_option, quiet_logs
from sophia.entrypoints.cli.terminal import Terminal, safe_json

__all__ = ["command"]

_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILED: "red"}


@click.command("doctor")
@config_option
@click.option("--company", metavar="ID", help="This company alone; else all of them.")
@json_option
def command(settings: Settings, company: str | None, as_json: bool) -> None:
    """Look at the configuration, the credentials, every endpoint and each company's knowledge: a line for each.

    Exit code 1 where something has failed; a warning is no failure.
    """
    quiet_logs()
    findings, console = [], Terminal()
    for finding in Sophia(settings).diagnose(company):
        findings.append(finding)
        if not as_json:
            console.say_line(_line(finding), style=_STYLES[finding.level])
    if as_json:
        click.echo(safe_json([asdict(finding) for finding in findings]))
    if any(finding.level is Level.FAILED for finding in findings):
        raise click.exceptions.Exit(1)


def _line(finding: Diagnosis) -> str:
    whose = f"{finding.company}: " if finding.company else ""
    return f"{finding.level:<8} {whose}{finding.subject}: {finding.told}"
