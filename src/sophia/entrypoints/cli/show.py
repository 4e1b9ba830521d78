"""Answers and progress on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sophia.domain.refresh import Refresh, RefreshProgress
from sophia.domain.runs import Answer
from sophia.entrypoints.cli.terminal import Terminal, one_line

__all__ = ["print_answer", "print_citations", "print_refresh", "refresh_bars"]


def print_answer(console: Terminal, answer: Answer) -> None:
    """An answer with what stands behind it."""
    console.say(answer.text)
    print_citations(console, answer)


def print_citations(console: Terminal, answer: Answer) -> None:
    """Where the quotes of an answer stand, what was handed over, and what could not be checked."""
    if answer.citations:
        console.print()
    for citation in answer.citations:
        place = " › ".join(dict.fromkeys((citation.title, *citation.heading)))
        mark = "" if citation.verified else "  (not verified)"
        console.say_line(f"[{citation.index}] {place} · {citation.uri}{mark}", style="dim")
    for handoff in (handoff for handoff in answer.handoffs if handoff.ticket_id):
        line = f"→ {handoff.target}: {handoff.ticket_id} ({handoff.status})"
        console.say_line(line, style="bold")
    for limitation in answer.limitations:
        console.say_line(f"! {limitation}", style="yellow")


@contextmanager
def refresh_bars(console: Console, label: str) -> Iterator["RefreshBars"]:
    """Bars for one refresh: documents read, chunks embedded, with rate and time left. They show once it has begun."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[current]}", style="dim", markup=False),
    )
    progress = Progress(*columns, console=console)
    try:
        yield RefreshBars(progress, label)
    finally:
        if progress.live.is_started:
            progress.stop()


class RefreshBars:
    """Shows the progress of a refresh as it is told."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress = progress
        self._documents = progress.add_task(f"{label}: documents", total=None, rate="", current="")
        self._chunks = progress.add_task(f"{label}: passages embedded", total=None, rate="", current="", visible=False)

    def __call__(self, told: RefreshProgress) -> None:
        """Take in how far it is."""
        self._progress.start()
        self._progress.update(
            self._documents, completed=told.documents, total=told.documents_total, current=one_line(told.current)
        )
        if told.chunks_total:
            task = self._progress.tasks[self._chunks]
            rate = f"{task.speed:.0f}/s" if task.speed else ""
            self._progress.update(self._chunks, completed=told.chunks, total=told.chunks_total, rate=rate, visible=True)


def print_refresh(console: Terminal, label: str, refresh: Refresh) -> None:
    """What a refresh did, in a line, and a line for each document that failed."""
    report = refresh.report
    if report is not None:
        would = "would embed" if refresh.options.dry_run else "embedded"
        console.say_line(
            f"{label}: {report.added} new, {report.updated} changed, {report.removed} removed, "
            f"{report.unchanged} unchanged; {would} {report.chunks_embedded} passages "
            f"(about {report.tokens} tokens), reused {report.chunks_reused}"
        )
        for failure in report.failures:
            console.say_line(f"  ! {failure.source}/{failure.external_id}: {failure.reason}", style="yellow")
    if refresh.problem:
        console.say_line(f"{label}: failed: {refresh.problem}", style="red")
