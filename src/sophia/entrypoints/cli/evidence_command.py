"""``sophia evidence``: what look-ups have found."""

import sys

import click

from sophia.application.evidence import Replay
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.evidence import Evidence
from sophia.entrypoints import contract
from sophia.entrypoints.cli.options import caller_options, json_option, one_company, quiet_logs
from sophia.entrypoints.cli.terminal import Terminal, safe_json

__all__ = ["command"]

_MOST_ROWS = 20


@click.group("evidence")
def command() -> None:
    """What look-ups have found in a company's systems."""


@command.command("show")
@click.argument("evidence_id", metavar="ID")
@caller_options
@json_option
def show(evidence_id: str, settings: Settings, company: str | None, user: str | None, as_json: bool) -> None:
    """Show what a look-up of one of the user's turns has found."""
    quiet_logs()
    sophia = Sophia(settings)
    evidence = sophia.services.read_evidence(sophia.scope(one_company(settings, company), user), evidence_id)
    if as_json:
        click.echo(safe_json(contract.evidence(evidence)))
        return
    console = Terminal()
    _tell(console, evidence)
    console.say(evidence.text)


@command.command("replay")
@click.argument("evidence_id", metavar="ID")
@caller_options
@json_option
def replay(evidence_id: str, settings: Settings, company: str | None, user: str | None, as_json: bool) -> None:
    """Look the same up again, over the same time; exit 1 where the result is another by now."""
    quiet_logs()
    sophia = Sophia(settings)
    result = sophia.services.replay_evidence(sophia.scope(one_company(settings, company), user), evidence_id)
    if as_json:
        told = {"holds": result.holds, "before": contract.evidence(result.before), "now": contract.evidence(result.now)}
        click.echo(safe_json(told))
    else:
        _compare(Terminal(), result)
    sys.exit(0 if result.holds else 1)


def _tell(console: Terminal, evidence: Evidence) -> None:
    span, finding = evidence.lookup.span, evidence.finding
    console.say_line(f"{finding.title} ({evidence.source})")
    console.say_line(f"    {finding.query}", style="dim")
    if span:
        console.say_line(f"    {span.start:%Y-%m-%d %H:%M:%S} to {span.end:%Y-%m-%d %H:%M:%S} UTC", style="dim")
    kept = f"{len(finding.rows)} of {finding.seen} rows"
    console.say_line(
        f"    {kept}, taken {evidence.taken_at:%Y-%m-%d %H:%M:%S} UTC, sha256:{evidence.digest}", style="dim"
    )
    for cut in evidence.cuts:
        console.say_line(f"    not all of it: {cut.kind} ({cut.detail})", style="dim")


def _compare(console: Terminal, result: Replay) -> None:
    _tell(console, result.before)
    if result.holds:
        console.say_line("The result still holds.")
        return
    console.say_line("The result is another by now.")
    for sign, rows in (("-", result.gone), ("+", result.new)):
        for row in rows[:_MOST_ROWS]:
            console.say_line(f"{sign} {' | '.join(row)}")
        if len(rows) > _MOST_ROWS:
            console.say_line(f"{sign} … {len(rows) - _MOST_ROWS} more")
