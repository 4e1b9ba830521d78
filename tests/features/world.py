"""What stands around SOPHIA in a scenario: people, documents, the model of meaning, VICTORIA's desk, the clock."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from attrs import evolve
from drivers import Person
from sqlalchemy import Engine
from standardwebhooks import Webhook

from databases import closed, open_sqlite
from sophia import Sophia
from sophia.adapters.sql.engine import open_engine
from sophia.adapters.sql.records import SqlRecords
from sophia.adapters.standard_webhooks.verifier import StandardWebhookVerifier, mint_webhook_secrets
from sophia.bootstrap.settings import CompanySettings, Settings
from sophia.domain.asked import Category, Intent
from sophia.domain.intent import IntentClassifier
from sophia.domain.knowledge import DocumentFailure, DocumentListing
from sophia.domain.lookups import Finding, Lookup, Operation, System
from sophia.domain.tenancy import EVERYONE, Company, HandoffSetting, Permission, TenantScope, User
from sophia.domain.tickets import Ticket
from sophia.errors import Unavailable
from sophia.ports.agent_runtime import AgentRuntime
from sophia.ports.embedder import Embedder
from sophia.ports.identity import Claims
from sophia.ports.records import Records
from sophia.ports.security_source import Check
from sophia.ports.ticket_desk import TicketDesk
from sophia.testing.fakes.documents import MemorySource, PlainTextConverter
from sophia.testing.fakes.identity import MemoryTenantDirectory, MemoryTokenVerifier
from sophia.testing.fakes.security_source import MemorySecuritySource
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.fakes.ticket_desk import FailingTicketDesk

_ALL = frozenset(Permission)
EXAMPLES = Path(__file__).parents[2] / "examples"

COMPANIES = (
    (
        Company("acme", "Acme", "es"),
        User("ana", frozenset({"soc"}), _ALL),
        User("marta", frozenset({"redes"}), _ALL),
        User("luis", frozenset(), frozenset({Permission.CHAT})),
    ),
    (
        Company("globex", "Globex", "en"),
        User("grace", frozenset({"soc"}), _ALL),
        User("henry", frozenset({"network"}), frozenset({Permission.CHAT})),
        User("ana", frozenset(), _ALL),
    ),
)

WHERE = (CompanySettings("acme", time_zone="Europe/Madrid"), CompanySettings("globex", time_zone="Europe/London"))

PEOPLE = {
    "Ana": Person("acme", "ana"),
    "Marta": Person("acme", "marta"),
    "Luis": Person("acme", "luis"),
    "Grace": Person("globex", "grace"),
    "Henry": Person("globex", "henry"),
    "Ana de globex": Person("globex", "ana"),
    "Ana of globex": Person("globex", "ana"),
    "Ana of acme": Person("acme", "ana"),
}


class WatchedEmbedder(Embedder):
    """Remembers what it was asked for, and can be out of order."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.working = True
        self.passages: list[str] = []

    @property
    def version(self) -> str:
        return self._inner.version

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def embed_query(self, text: str) -> tuple[float, ...]:
        self._check()
        return self._inner.embed_query(text)

    def embed_passages(self, texts: Sequence[str]) -> list[bytes]:
        self._check()
        self.passages += texts
        return self._inner.embed_passages(texts)

    def _check(self) -> None:
        if not self.working:
            raise Unavailable("embedder", "the model does not answer")


class SlowSource(MemorySource):
    """Does not say what it has until it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.reached = threading.Event()
        self.released = threading.Event()

    def list(self) -> Iterable[DocumentListing | DocumentFailure]:
        self.reached.set()
        assert self.released.wait(30)
        return super().list()


class DoubtingClassifier:
    """Reads messages as SOPHIA does, and cannot make up its mind about some."""

    def __init__(self, inner: IntentClassifier) -> None:
        self._inner = inner
        self.doubted: set[str] = set()

    def __call__(self, text: str, vector: Sequence[float] = ()) -> Intent:
        intent = self._inner(text, vector)
        if text not in self.doubted:
            return intent
        assert intent.action_category, "SOPHIA sees nothing in it that could be done"
        return Intent(
            Category.KNOWLEDGE, 0.45, question=True, actions=intent.actions, likeliest_action=intent.action_category
        )


class Desk(TicketDesk):
    """VICTORIA's desk; a scenario decides how it behaves by what stands behind it."""

    def __init__(self) -> None:
        self.behind = FailingTicketDesk()

    def open(self, ticket: Ticket) -> str:
        return self.behind.open(ticket)


_TEXT = {"type": "string"}
_OPERATIONS = {
    System.SPLUNK: (
        Operation("search", "rows of a search", {"search": _TEXT}, ("search",), ranged=True),
        Operation("fired_alerts", "alerts that have fired", ranged=True),
    ),
    System.PANOS: (Operation("show", "what a view shows", {"view": _TEXT, "target": _TEXT}, ("view",)),),
    System.GRAFANA: (
        Operation("alerts", "alerts that are firing"),
        Operation("annotations", "what was noted", ranged=True),
    ),
}


class ToldSystem(MemorySecuritySource):
    """A system that has one table, whatever it is asked, or that does not answer."""

    def __init__(
        self,
        name: str,
        system: System,
        company: str,
        rows: Sequence[Sequence[str]],
        *,
        answers: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(name, system, company, **more)
        self.rows = rows
        self._answers = answers

    @property
    def operations(self) -> Sequence[Operation]:
        return _OPERATIONS[self.system]

    def look_up(self, scope: TenantScope, lookup: Lookup, check: Check) -> Finding:
        assert scope.company_id == self._company_id
        check()
        if not self._answers:
            raise Unavailable(self.name, "does not answer")
        self.asked.append(lookup)
        columns, *rows = map(tuple, self.rows)
        return Finding(self.name, lookup.operation, columns, tuple(rows), len(rows))


class World:
    """One scenario's surroundings, and the SOPHIA in them."""

    def __init__(self, folder: Path, embedder: Embedder, open_database: Callable[[], Engine] | None = None) -> None:
        self.clock = FrozenClock()
        self.embedder = WatchedEmbedder(embedder)
        self.desk = Desk()
        self.directory = MemoryTenantDirectory()
        for company, *users in COMPANIES:
            self.directory.add(company, *users)
        self.secrets = mint_webhook_secrets(company.id for company, *_ in COMPANIES)
        self.runtime: AgentRuntime | None = None
        self.ids = SequentialIds()
        self._make_runtime: Callable[[Records], AgentRuntime | None] | None = None
        self.targets = Settings().targets
        self.systems: dict[tuple[str, str], ToldSystem] = {}
        self._sources: dict[str, dict[str, MemorySource]] = {company.id: {} for company, *_ in COMPANIES}
        self._folder = folder
        self._open_database = open_database or self._open_sqlite
        self._engine: Engine | None = None

    @cached_property
    def records(self) -> SqlRecords:
        """The system of record."""
        self._engine = self._open_database()
        return SqlRecords(self._engine, self.clock)

    def _open_sqlite(self) -> Engine:
        path = self._folder / "sophia.db"
        return open_engine(f"sqlite:///{path}") if path.exists() else open_sqlite(path)

    @cached_property
    def sophia(self) -> Sophia:
        """Made when it is first needed; until then a scenario may still choose the runtime."""
        if self._make_runtime is not None:
            self.runtime = self._make_runtime(self.records)
        chosen = {"runtime": self.runtime} if self.runtime else {}
        sophia = Sophia(
            Settings(directory=self._folder, targets=self.targets, companies=WHERE),
            records=self.records,
            embedder=self.embedder,
            directory=self.directory,
            sources=lambda company: tuple(self._sources[company].values()),
            systems=lambda company: tuple(s for (whose, _), s in self.systems.items() if whose == company),
            converter=PlainTextConverter(),
            desk=self.desk,
            webhooks=StandardWebhookVerifier(self.secrets.get),
            verifier=MemoryTokenVerifier({p.token: Claims(p.company, p.id) for p in PEOPLE.values()}),
            clock=self.clock,
            ids=self.ids,
            **chosen,
        )
        self.classifier = DoubtingClassifier(sophia.classifier)
        sophia._use_cases.turns.classify.override(self.classifier)
        return sophia

    def restart(self, runtime: Callable[[Records], AgentRuntime | None]) -> None:
        """Stop SOPHIA, and start her with another runtime on what she has on record."""
        self._stop()
        for made in ("sophia", "records"):
            self.__dict__.pop(made, None)
        self._make_runtime = runtime

    @property
    def companies_with_documents(self) -> list[str]:
        """The companies that have a source."""
        return [company for company, sources in self._sources.items() if sources]

    def source(self, company: str, name: str = "docs", *, readers: str = EVERYONE) -> MemorySource:
        """A source of a company, made when it is first named; its readers are those that it was made with."""
        if name not in self._sources[company]:
            self._sources[company][name] = MemorySource(name)
            self._sources[company][name].readers = frozenset({readers})
        return self._sources[company][name]

    def source_of(self, company: str, document: str) -> MemorySource:
        """The source that holds a document."""
        return next(source for source in self._sources[company].values() if document in source.documents)

    def system(self, name: str) -> ToldSystem:
        """The system of a name, whoever's it is."""
        return next(system for (_, known), system in self.systems.items() if known == name)

    def slow_source(self, company: str, name: str) -> SlowSource:
        """A source that comes after the others and does not answer until it is let go."""
        source = SlowSource(name)
        self._sources[company][name] = source
        return source

    def wait_for_others(self, company: str) -> None:
        """Wait until what the sources have that are not slow can be found by its words."""
        scope = self.sophia.system_scope(company, "test")
        quick = {name: s for name, s in self._sources[company].items() if not isinstance(s, SlowSource)}
        for _ in range(1500):
            with self.sophia.records.read(scope) as tx:
                are_read = all(
                    source.documents.keys() == tx.documents.of_source(n).keys() for n, source in quick.items()
                )
                newest = tx.documents.generation()
            if are_read and self.sophia.index.generation(scope) == newest:
                return
            time.sleep(0.02)
        raise AssertionError(f"{list(quick)} were not read")

    def set_handoff(self, company_id: str, setting: str) -> None:
        """What the company's settings would say."""
        self.directory.add(evolve(self.directory.company(company_id), handoff=HandoffSetting(setting)))

    def limit(self, *companies: str, **limits: int) -> None:
        """Set limits of some companies, or of all."""
        for company in companies or [company.id for company, *_ in COMPANIES]:
            known = self.directory.company(company)
            self.directory.add(evolve(known, limits={**known.limits, **limits}))

    def doubt(self, text: str) -> None:
        """Make SOPHIA unsure whether a message asks for action."""
        assert self.sophia
        self.classifier.doubted.add(text)

    def withdraw(self, who: Person, permission: Permission) -> None:
        """Take a permission from somebody."""
        _, *users = next(c for c in COMPANIES if c[0].id == who.company)
        less = (evolve(u, permissions=u.permissions - {permission}) if u.id == who.id else u for u in users)
        self.directory.add(self.directory.company(who.company), *less)

    def signed(self, company: str, body: bytes, at: datetime) -> dict[str, str]:
        """The headers with which a company's backend sends something."""
        signature = Webhook(self.secrets[company]).sign("msg_1", at, body.decode())
        stamp = str(int(at.timestamp()))
        return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}

    def refresh(self, company: str) -> None:
        """Bring the company's knowledge up to its sources, as SOPHIA does when it starts."""
        ended = self.sophia.refresh(company)
        assert ended.status == "completed", ended.problem

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and SOPHIA do what she does meanwhile."""
        self.clock.advance(seconds)
        self.sophia.services.background.do_chores()

    def close(self) -> None:
        """End what still runs."""
        for sources in self._sources.values():
            for source in sources.values():
                if isinstance(source, SlowSource):
                    source.released.set()
        self._stop()

    def _stop(self) -> None:
        if self._engine is not None:
            self.sophia.close()
            closed(self._engine)
            self._engine = None
