"""Several companies and users who do what they like with one SOPHIA; nobody is ever given what is another's."""

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
from harness import ACTION, LOOK, QUESTION, Outside
from hypothesis import strategies as st
from hypothesis.stateful import Bundle as Ids
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, multiple, rule

from databases import open_sqlite
from sophia.adapters.sql import SqlRecords
from sophia.application.start_run import Question
from sophia.bootstrap.settings_file import parse_settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import TicketReport, TicketState
from sophia.errors import Conflict, IdempotencyConflict, InvalidInput, NotFound, SophiaError
from sophia.ports.records import Records
from sophia.ports.system import Clock
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.security_source import MemorySecuritySource

__all__ = ["Crowd", "MakeRecords", "records_in_memory", "records_in_sqlite"]

MakeRecords = Callable[[Clock, Path], Records]


def records_in_memory(clock: Clock, _: Path) -> Records:
    return MemoryRecords(clock)


def records_in_sqlite(clock: Clock, folder: Path) -> Records:
    return SqlRecords(open_sqlite(folder / "records.db"), clock)


WHO = st.sampled_from([("acme", "ana"), ("acme", "luis"), ("globex", "ana")])
"""Two users of a company, and one of another by the same id; ana of acme is in the group `hr`."""

_UNKNOWN = "0" * 26


class Crowd(RuleBasedStateMachine):
    """What is said and written carries its owner: `zq-COMPANY-USER-N`, a group or `all` in place of the user."""

    threads, runs, tickets, documents, evidence, cursors = (
        Ids(name) for name in ("threads", "runs", "tickets", "documents", "evidence", "cursors")
    )

    def __init__(self, make_records: MakeRecords) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._outside = Outside()
        for company in self._outside.systems:
            table = (("who",), ((f"zq-{company}-all-0",),))
            source = MemorySecuritySource(company_id=company, tables={"failed logins": table})
            self._outside.systems[company] = [source]
        self._looked: set[str] = set()
        folder = Path(self._folder.name)
        self._sophia = Sophia(
            parse_settings({}, folder),
            **{**self._outside.adapters(), "records": make_records(self._outside.clock, folder)},
        )
        self._services = self._sophia.services
        self._owners: dict[str, TenantScope] = {}
        self._alive: dict[tuple[str, str], set[str]] = {}
        self._written = 0

    def teardown(self) -> None:
        self._sophia.close()
        self._folder.cleanup()

    def _scope(self, who: tuple[str, str]) -> TenantScope:
        return self._sophia.scope(*who)

    def _call(self, scope: TenantScope, use_case: Callable[..., Any], *arguments: Any) -> Any:
        """What a use case gives this caller, held to be theirs; None for a refusal, which tells nothing either."""
        try:
            found = use_case(scope, *arguments)
            found = tuple(found) if isinstance(found, Iterator) else found
        except (NotFound, InvalidInput, Conflict, IdempotencyConflict) as error:
            self._refused(error, scope, arguments)
            return None
        self._check(scope, _shown(found))
        return found

    def _refused(self, error: SophiaError, scope: TenantScope, arguments: tuple[Any, ...]) -> None:
        text = str(error)
        for sent in re.findall(r"\w+_[0-9a-z]{26}", repr(arguments)):
            text = text.replace(sent, "")
        self._check(scope, text)

    def _check(self, scope: TenantScope, text: str) -> None:
        for company, owner in re.findall(r"zq-(\w+)-(\w+)-\d", text):
            assert company == scope.company_id, text
            assert owner in {scope.user_id, "all", *scope.groups}, text
        for id_ in re.findall(r"\b[a-z]{2,3}_[0-9a-z]{26}", text):
            owner_of_it = self._owners.get(id_, scope)
            assert (owner_of_it.company_id, owner_of_it.user_id) == (scope.company_id, scope.user_id), text

    def _one(self, who: tuple[str, str], use_case: Callable[..., Any], id_: str, *more: Any) -> Any:
        """One thing by its id: what is another's is refused in the words for what is not there."""
        scope, owner = self._scope(who), self._owners.get(id_)
        found = self._call(scope, use_case, id_, *more)
        if owner is not None and (owner.company_id, owner.user_id) != (scope.company_id, scope.user_id):
            unknown = f"{id_.partition('_')[0]}_{_UNKNOWN}"
            told = [_refusal(use_case, scope, asked, *more).replace(asked, "ID") for asked in (id_, unknown)]
            assert told[0] == told[1]
        return found

    @initialize(target=documents)
    def begin(self) -> Any:
        for company, sources in self._outside.sources.items():
            for source, readers in zip(sources, ("all", "hr"), strict=False):
                source.documents = {"first.md": f"# First\n\nBackups as zq-{company}-{readers}-0 has it.\n"}
            self._sophia.refresh(company)
        scopes = [self._sophia.system_scope(company, "test") for company in self._outside.sources]
        return multiple(*(d.id for scope in scopes for d in self._services.list_documents(scope, 100).items))

    @rule(
        target=threads,
        who=WHO,
        thread=st.none() | threads,
        key=st.sampled_from([None, "k1", "k2"]),
        text=st.sampled_from([QUESTION, ACTION, LOOK]),
    )
    def ask(self, who: tuple[str, str], thread: str | None, key: str | None, text: str) -> Any:
        scope = self._scope(who)
        words = f"zq-{who[0]}-{who[1]}-1 {text}"
        started = self._call(scope, self._services.start_run, Question(words, thread), key)
        if started is None:
            return multiple()
        self._services.background.play(started).result()
        answer = self._call(scope, self._services.read_answer, started.run)
        if answer is None:
            return multiple()
        looked = [call.evidence_id for call in answer.tool_calls if call.evidence_id]
        assert bool(looked) == (LOOK in words) or answer.run_id in self._owners  # or the key has brought an older one
        self._looked.update(looked)
        mine = [answer.thread_id, answer.run_id, answer.message_id, *(h.ticket_id for h in answer.handoffs), *looked]
        self._owners |= {id_: scope for id_ in mine if id_}
        self._alive.setdefault(who, set()).add(answer.thread_id)
        return answer.thread_id

    @rule(target=runs, thread=threads)
    def name_runs(self, thread: str) -> Any:
        scope = self._owners[thread]
        found = self._call(scope, self._services.list_messages, thread, 100)
        return multiple(*{message.run_id for message in found.items}) if found else multiple()

    @rule(target=tickets, who=WHO)
    def name_tickets(self, who: tuple[str, str]) -> Any:
        return multiple(*(t.id for t in self._call(self._scope(who), self._services.list_tickets, 100).items))

    @rule(target=evidence)
    def name_evidence(self) -> Any:
        return multiple(*sorted(self._looked))

    @rule(who=WHO, evidence=evidence)
    def read_evidence(self, who: tuple[str, str], evidence: str) -> None:
        self._one(who, self._services.read_evidence, evidence)

    @rule(who=WHO, evidence=evidence)
    def look_up_again(self, who: tuple[str, str], evidence: str) -> None:
        self._one(who, self._services.replay_evidence, evidence)

    @rule(target=cursors, who=WHO)
    def turn_pages(self, who: tuple[str, str]) -> Any:
        lists = (self._services.list_threads, self._services.list_tickets, self._services.list_documents)
        pages = [self._call(self._scope(who), listed, 1) for listed in lists]
        return multiple(*(page.next for page in pages if page.next))

    @rule(who=WHO, cursor=cursors)
    def go_on_at_a_page(self, who: tuple[str, str], cursor: str) -> None:
        for listed in (self._services.list_threads, self._services.list_tickets, self._services.list_documents):
            self._call(self._scope(who), listed, 100, cursor)

    @rule(who=WHO, thread=threads, limit=st.integers(1, 3))
    def read_thread(self, who: tuple[str, str], thread: str, limit: int) -> None:
        self._one(who, self._services.read_thread, thread)
        self._one(who, self._services.list_messages, thread, limit)

    @rule(who=WHO, thread=threads)
    def delete_thread(self, who: tuple[str, str], thread: str) -> None:
        self._one(who, self._services.delete_thread, thread)
        if self._owners[thread] == self._scope(who):
            self._alive[who].discard(thread)

    @rule(who=WHO, run=runs, after=st.integers(0, 5))
    def read_run(self, who: tuple[str, str], run: str, after: int) -> None:
        self._one(who, self._services.read_run, run)
        self._one(who, self._services.cancel_run, run)
        # Whoever has got hold of the value, and not of the right to it.
        value = _given(self._services.read_run, self._owners[run], run) if run in self._owners else None
        if value is not None:
            self._call(self._scope(who), self._services.follow_run, value, after)

    @rule(who=WHO, ticket=tickets)
    def read_ticket(self, who: tuple[str, str], ticket: str) -> None:
        self._one(who, self._services.read_ticket, ticket)

    @rule(company=st.sampled_from(["acme", "globex"]), ticket=tickets, version=st.integers(1, 3))
    def report_on_ticket(self, company: str, ticket: str, version: int) -> None:
        owner = self._owners[ticket]
        report = TicketReport(version, TicketState.ACCEPTED, f"zq-{company}-{owner.user_id}-9")
        told = _given(self._services.update_ticket, self._sophia.system_scope(company, "webhook"), ticket, report)
        assert (told is not None) == (company == owner.company_id)

    @rule(who=WHO, text=st.sampled_from([QUESTION, ACTION, "zq-acme-ana-1", "zq-globex-ana-1"]))
    def search(self, who: tuple[str, str], text: str) -> None:
        self._services.background.do_chores()
        self._call(self._scope(who), self._services.search_messages, text, 100)

    @rule(target=documents, company=st.sampled_from(["acme", "globex"]), private=st.booleans())
    def write_document(self, company: str, private: bool) -> Any:
        self._written += 1
        source = self._outside.sources[company][-1 if private else 0]
        readers = "hr" if source.name == "private" else "all"
        source.documents[f"{self._written}.md"] = (
            f"# Note\n\nBackups as zq-{company}-{readers}-{self._written} has it.\n"
        )
        self._sophia.refresh(company)
        listed = self._services.list_documents(self._sophia.system_scope(company, "test"), 100)
        return multiple(*(document.id for document in listed.items))

    @rule(who=WHO, document=documents)
    def read_document(self, who: tuple[str, str], document: str) -> None:
        self._one(who, self._services.read_document, document)
        self._call(self._scope(who), self._services.list_sources)

    @rule(who=WHO, document=documents)
    def delete_document(self, who: tuple[str, str], document: str) -> None:
        self._one(who, self._services.delete_document, document)

    @invariant()
    def lists_hold_the_callers_own(self) -> None:
        for who in (("acme", "ana"), ("acme", "luis"), ("globex", "ana")):
            scope = self._scope(who)
            threads = self._call(scope, self._services.list_threads, 100)
            assert {thread.id for thread in threads.items} == self._alive.get(who, set())
            self._call(scope, self._services.list_tickets, 100)
            self._call(scope, self._services.list_documents, 100)


def _given(use_case: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return use_case(*arguments)
    except NotFound:
        return None


def _refusal(use_case: Callable[..., Any], *arguments: Any) -> str:
    try:
        use_case(*arguments)
    except NotFound as error:
        return str(error)
    return "given"


def _shown(value: Any) -> str:
    """All of a value, whatever its repr leaves out."""
    return repr(attrs.asdict(value)) if attrs.has(type(value)) else repr([_shown(v) for v in _items(value)])


def _items(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) and any(attrs.has(type(v)) for v in value) else ()
