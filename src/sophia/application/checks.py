"""What `Diagnose` looks at behind the ports; what only settings tell of is in bootstrap."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from attrs import frozen

from sophia.application.deliver_trail import undelivered
from sophia.application.diagnose import CompanyCheck, PlatformCheck
from sophia.application.look_up import NamedLookups, SecuritySources, misfit
from sophia.application.start_refresh import SourcesOf
from sophia.domain.diagnosis import Diagnosis, Level
from sophia.domain.knowledge import SourceStatus
from sophia.domain.refresh import RefreshStatus
from sophia.domain.tenancy import TenantScope
from sophia.errors import CredentialMissing, CredentialRefused, OnlyEmulated, SophiaError, Unavailable
from sophia.ports.documents import DocumentSource
from sophia.ports.embedder import Embedder
from sophia.ports.identity import TenantDirectory
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records
from sophia.ports.security_source import SecuritySource
from sophia.ports.system import Clock
from sophia.ports.vault import Credential, CredentialVault, PlatformVault

__all__ = [
    "CheckAnswering",
    "CheckCompany",
    "CheckCompanyVault",
    "CheckDeliveries",
    "CheckEmbedder",
    "CheckKnowledge",
    "CheckLookups",
    "CheckPlatformVault",
    "CheckSystems",
    "age",
]

STALE = timedelta(days=2)
"""Knowledge that was not refreshed for longer is not fresh."""


class Answering(Protocol):
    """Something that tells whether it answers."""

    def check(self) -> None:
        """Pass when it does. Raises `SophiaError` when not."""
        ...


@frozen
class CheckAnswering(PlatformCheck):
    """Whether something answers."""

    subject: str
    asked: Answering

    def __call__(self) -> Iterator[Diagnosis]:
        """See `PlatformCheck`."""
        self.asked.check()
        yield Diagnosis(self.subject, Level.OK, "answers")


@frozen
class CheckEmbedder(PlatformCheck):
    """Whether texts become vectors."""

    embedder: Embedder

    def __call__(self) -> Iterator[Diagnosis]:
        """See `PlatformCheck`."""
        dimensions = len(self.embedder.embed_query("Is everything all right?"))
        yield Diagnosis("embedder", Level.OK, f"{self.embedder.version} makes vectors of {dimensions} dimensions")


@frozen
class CheckPlatformVault(PlatformCheck):
    """Whether the platform's vault opens, and holds what is needed of it.

    Attributes:
        needed: by the setting that names it.
    """

    vault: PlatformVault
    needed: Mapping[str, Credential]

    def __call__(self) -> Iterator[Diagnosis]:
        """See `PlatformCheck`."""
        yield Diagnosis("vault", Level.OK, f"opens, and holds {_count(len(self.vault.names()), 'secret')}")
        for pointer, credential in self.needed.items():
            try:
                credential()
            except (CredentialMissing, CredentialRefused) as error:
                yield Diagnosis(f"credential {pointer}", Level.FAILED, str(error))
            else:
                yield Diagnosis(f"credential {pointer}", Level.OK, "is in the vault")


@frozen
class CheckCompanyVault(CompanyCheck):
    """Whether a company's vault opens."""

    vault: CredentialVault

    def __call__(self, scope: TenantScope) -> Iterator[Diagnosis]:
        """See `CompanyCheck`."""
        yield Diagnosis("vault", Level.OK, f"opens, and holds {_count(len(self.vault.names(scope)), 'secret')}")


@frozen
class CheckCompany(CompanyCheck):
    """How the directory knows a company."""

    directory: TenantDirectory

    def __call__(self, scope: TenantScope) -> Iterator[Diagnosis]:
        """See `CompanyCheck`."""
        company = self.directory.company(scope.company_id)
        if company.suspended is None:
            yield Diagnosis("company", Level.OK, f"is served, in {company.language}; handoff {company.handoff}")
        else:
            yield Diagnosis("company", Level.WARNING, f"is suspended: {company.suspended}")


@frozen
class CheckDeliveries(CompanyCheck):
    """Whether what has to reach others has reached them.

    Attributes:
        delivers_trail: whether the audit trail goes anywhere.
    """

    records: Records
    clock: Clock
    delivers_trail: bool

    def __call__(self, scope: TenantScope) -> Iterator[Diagnosis]:
        """See `CompanyCheck`."""
        with self.records.read(scope) as tx:
            tickets = tx.outbox.depth()
            entries, oldest = undelivered(tx) if self.delivers_trail else (0, None)
        yield (
            Diagnosis("tickets", Level.WARNING, f"{_count(tickets, 'ticket')} not delivered yet")
            if tickets
            else Diagnosis("tickets", Level.OK, "none waits to be delivered")
        )
        if not self.delivers_trail:
            return
        if oldest is None:
            yield Diagnosis("audit trail", Level.OK, "is delivered to its last entry")
        else:
            told = (
                f"{_count(entries, 'entry', 'entries')} not delivered yet, the oldest of {age(self.clock, oldest)} ago"
            )
            yield Diagnosis("audit trail", Level.WARNING, told)


@frozen
class CheckSystems(CompanyCheck):
    """Whether the systems that a company lets SOPHIA look at take its credential, and let it change nothing.

    Attributes:
        systems: of a company.
    """

    systems: Callable[[str], Sequence[SecuritySource]]

    def __call__(self, scope: TenantScope) -> Iterator[Diagnosis]:
        """See `CompanyCheck`."""
        for source in self.systems(scope.company_id):
            yield _access(source, scope)


@frozen
class CheckLookups(CompanyCheck):
    """Whether the systems take the company's named look-ups. Nothing is asked of them.

    Attributes:
        systems: of a company.
        named: its look-ups.
    """

    systems: SecuritySources
    named: NamedLookups

    def __call__(self, scope: TenantScope) -> Iterator[Diagnosis]:
        """See `CompanyCheck`."""
        for source in self.systems(scope.company_id):
            for lookup in self.named(scope.company_id).lookups:
                if lookup.system is source.system and lookup.source in ("", source.name):
                    told = misfit(source, lookup)
                    if told:
                        yield Diagnosis(f"look-up {lookup.name}", Level.FAILED, told)


def _access(source: SecuritySource, scope: TenantScope) -> Diagnosis:
    subject = f"system {source.name}"
    try:
        access = source.access(scope)
    except OnlyEmulated as error:
        return Diagnosis(subject, Level.WARNING, str(error))
    except SophiaError as error:
        return Diagnosis(subject, Level.FAILED, str(error))
    if access.writes:
        told = f"its credential could change things there, as {access.reads}: {', '.join(access.writes)}"
        return Diagnosis(subject, Level.FAILED, f"{told}; give SOPHIA one that only reads")
    if not access.reads:
        told = (
            "answers and takes the credential, but does not tell what that could change there: see to it that it only"
        )
        return Diagnosis(subject, Level.WARNING, f"{told} reads")
    if access.inherent:
        told = f"is read as {access.reads}; whoever may read there could also do this: {', '.join(access.inherent)}"
        return Diagnosis(subject, Level.WARNING, f"{told}. SOPHIA never does")
    return Diagnosis(subject, Level.OK, f"is read as {access.reads}, who can change nothing there")


@frozen
class CheckKnowledge(CompanyCheck):
    """Whether a company's sources can be read, were read lately, and what was read can be found.

    A suspended company's are not looked at: nobody refreshes them.
    """

    directory: TenantDirectory
    records: Records
    index: KnowledgeIndex
    sources: SourcesOf
    clock: Clock

    def __call__(self, scope: TenantScope) -> Iterator[Diagnosis]:
        """See `CompanyCheck`."""
        if self.directory.company(scope.company_id).suspended is not None:
            return
        configured = self.sources(scope.company_id)
        with self.records.read(scope) as tx:
            known = {source.name: source for source in tx.documents.sources()}
            newest, last, waiting = tx.documents.generation(), tx.refreshes.last(), tx.documents.waiting()
        if not configured:
            yield Diagnosis("knowledge", Level.WARNING, "no sources are configured: there is nothing to answer from")
        for source in configured:
            yield self._source(source, known.get(source.name), scope)
        if last is not None and last.status is RefreshStatus.FAILED:
            yield Diagnosis("refresh", Level.FAILED, f"the last one has failed: {last.problem}")
        if self.index.generation(scope) < newest:
            yield Diagnosis(
                "index", Level.WARNING, "does not hold the newest documents yet; a server that runs adds them"
            )
        elif waiting:
            yield Diagnosis("index", Level.WARNING, f"{_count(waiting, 'passage')} wait for their vectors")
        elif configured:
            yield Diagnosis("index", Level.OK, "holds the newest documents")

    def _source(self, source: DocumentSource, known: SourceStatus | None, scope: TenantScope) -> Diagnosis:
        subject = f"source {source.name}"
        try:
            is_empty = next(iter(source.list()), None) is None
        except OnlyEmulated as error:
            return Diagnosis(subject, Level.WARNING, str(error))
        except Unavailable as error:
            return Diagnosis(subject, Level.FAILED, str(error))
        if known is None or known.refreshed_at is None:
            told = f"was never read: `sophia refresh --company {scope.company_id}`"
            return Diagnosis(subject, Level.FAILED, told)
        read = f"was read {age(self.clock, known.refreshed_at)} ago"
        if self.clock.now() - known.refreshed_at > STALE:
            told = f"{read}, which is no longer fresh: `sophia refresh --company {scope.company_id}`"
            return Diagnosis(subject, Level.FAILED, told)
        if known.failures:
            first, many = known.failures[0], _count(len(known.failures), "document")
            told = f"{read}; {many} could not be taken in, the first of them {first.external_id}: {first.reason}"
            return Diagnosis(subject, Level.WARNING, told)
        if is_empty:
            return Diagnosis(subject, Level.WARNING, f"{read}, and has no documents")
        return Diagnosis(subject, Level.OK, f"{read}, and has {_count(known.documents, 'document')}")


def age(clock: Clock, then: datetime) -> str:
    """How long ago a time is, as one says it."""
    seconds = max(0, int((clock.now() - then).total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return _count(seconds // length, unit)
    return _count(seconds, "second")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
