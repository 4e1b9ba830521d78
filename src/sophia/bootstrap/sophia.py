"""SOPHIA as a Python object."""

import difflib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from sophia.application.credentials import Credentials
from sophia.application.refresh_work import OnProgress
from sophia.application.start_run import Question
from sophia.bootstrap.azure import AZURE_MISSING
from sophia.bootstrap.checks import Checks
from sophia.bootstrap.containers import Adapters, UseCases
from sophia.bootstrap.services import Services
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import load_settings
from sophia.domain.diagnosis import Diagnosis
from sophia.domain.intent import IntentClassifier
from sophia.domain.refresh import Refresh, RefreshOptions
from sophia.domain.runs import Answer, RunEvent
from sophia.domain.secrets import Secret
from sophia.domain.tenancy import TenantScope
from sophia.errors import ConfigurationError, Fault
from sophia.ports.embedder import Embedder
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records
from sophia.ports.vault import CredentialVault, PlatformVault

if TYPE_CHECKING:
    from sophia.bootstrap.provisioning import AzureServices

__all__ = ["Sophia"]

_EVERYTHING = RefreshOptions()
_PORTS = (
    "access_keys",
    "audit_sink",
    "clock",
    "converter",
    "credential_vault",
    "desk",
    "directory",
    "embedder",
    "identity",
    "ids",
    "index",
    "key_verifier",
    "platform_vault",
    "records",
    "runtime",
    "signer",
    "sources",
    "systems",
    "verifier",
    "webhooks",
)


class Sophia:
    """A whole SOPHIA in this process, made from settings and, where given, adapters of your own.

    Use it as a context manager: inside the block, what is left undone (deliveries, vectors of
    messages) is looked after in the background.

    Args:
        settings: see `sophia.bootstrap.settings`.
        adapters: by port, instead of what the settings choose: ``runtime``, ``index``, ``embedder``,
            ``records``, ``desk``, ``directory``, ``sources``, ``converter``, ``verifier``, ``clock``, ``ids``,
            ``webhooks``, ``access_keys``, ``key_verifier``, ``credential_vault``, ``platform_vault``, ``signer``,
            ``audit_sink``, ``systems``; and ``identity``: who SOPHIA is to Azure, a ``TokenCredential``.
    """

    def __init__(self, settings: Settings, **adapters: object) -> None:
        self.settings = settings
        self._adapters = Adapters(settings=settings)
        for port, adapter in adapters.items():
            if port not in _PORTS:
                near = difflib.get_close_matches(port, _PORTS, n=1, cutoff=0.0)[0]
                raise TypeError(f"there is no port {port!r}; did you mean {near!r}?")
            self._adapters.providers[port].override(adapter)
        self._use_cases = UseCases(settings=settings, adapters=self._adapters)

    @classmethod
    def from_settings(cls, path: str | Path, **adapters: object) -> Self:
        """SOPHIA as a settings file describes it.

        Raises:
            ConfigurationError: the file cannot be used; names each fault.
        """
        return cls(load_settings(Path(path)), **adapters)

    def __enter__(self) -> Self:
        self.services.background.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self, within: float | None = None) -> None:
        """Finish what was begun, within some seconds if they are given, and do what is left undone once more."""
        self.services.background.stop(within)
        self.services.telemetry.tracing.close()

    @property
    def services(self) -> Services:
        """All use cases."""
        services: Services = self._use_cases.services()
        return services

    @cached_property
    def azure(self) -> "AzureServices":
        """What an operator can ask for at Azure AI Agents.

        Raises:
            ConfigurationError: ``[agent.azure]`` or ``[azure]`` cannot be used, or the packages are not installed.
        """
        try:
            from sophia.bootstrap.provisioning import Provisioning  # noqa: PLC0415 - a second
        except ImportError as error:
            raise ConfigurationError(Fault("/agent/azure", AZURE_MISSING)) from error
        if not self.settings.agent.azure.endpoint:
            raise ConfigurationError(Fault("/agent/azure/endpoint", "required key is missing"))
        provisioning = Provisioning(settings=self.settings, adapters=self._adapters, turns=self._use_cases.turns)
        services: AzureServices = provisioning.services()
        return services

    @property
    def records(self) -> Records:
        """The system of record."""
        records: Records = self._adapters.records()
        return records

    @property
    def index(self) -> KnowledgeIndex:
        """The knowledge index."""
        index: KnowledgeIndex = self._adapters.index()
        return index

    @property
    def embedder(self) -> Embedder:
        """What makes vectors."""
        embedder: Embedder = self._adapters.embedder()
        return embedder

    @property
    def platform_vault(self) -> PlatformVault:
        """The platform's own secrets."""
        vault: PlatformVault = self._adapters.platform_vault()
        return vault

    @property
    def credentials(self) -> Credentials:
        """The secrets of both vaults, for who shows them to other systems."""
        credentials: Credentials = self._adapters.credentials()
        return credentials

    @property
    def checkpoint_key(self) -> str:
        """The public key of the checkpoints of the audit trail, as PEM.

        Raises:
            NotFound: none was made yet.
        """
        key: str = self._adapters.signer().public_key()
        return key

    @property
    def classifier(self) -> IntentClassifier:
        """What reads a message's intent."""
        classifier: IntentClassifier = self._use_cases.turns.classify()
        return classifier

    def scope(self, company: str, user: str | None = None) -> TenantScope:
        """The scope of a user (None: of the company's service), for the use cases in `services`.

        Raises:
            NotFound: there is no such company.
            PermissionDenied: the company has no such user.
            CompanySuspended: the company is.
        """
        scope: TenantScope = self._use_cases.impersonate()(company, user)
        return scope

    def system_scope(self, company: str, purpose: str) -> TenantScope:
        """The scope of the operator's own work for a company; ``purpose`` names it in the audit trail.

        Raises:
            NotFound: there is no such company.
        """
        scope: TenantScope = self._use_cases.system().scope(company, purpose)
        return scope

    def system_scopes(self, purpose: str) -> Iterator[TenantScope]:
        """The scope of the operator's own work for each company in turn."""
        scopes: Iterator[TenantScope] = self._use_cases.system().scopes(purpose)
        return scopes

    def platform_scope(self, purpose: str) -> TenantScope:
        """The scope of the operator's own work for the platform, which is no company's."""
        scope: TenantScope = self._use_cases.system().platform(purpose)
        return scope

    def diagnose(self, company: str | None = None) -> Iterator[Diagnosis]:
        """Whether everything is as it should be, of one company or of all; see `Diagnose`.

        Raises:
            NotFound: there is no such company.
        """
        findings: Iterator[Diagnosis] = Checks(settings=self.settings, adapters=self._adapters).diagnose()(company)
        return findings

    def ask(
        self,
        text: str,
        *,
        company: str,
        user: str | None = None,
        thread: str | None = None,
        language: str | None = None,
    ) -> Answer:
        """Ask a question and wait for the answer.

        Raises:
            AnswerFailed: the run ended without one.
            SophiaError: the question was not taken, see `AdmitRequest` and `StartRun`.
        """
        scope = self.scope(company, user)
        self.services.admit_request(scope)
        started = self.services.start_run(scope, Question(text, thread, language))
        outcome = self._use_cases.turns.execute_run()(started)
        return self.services.read_answer(scope, started.run, outcome)

    def stream(
        self,
        text: str,
        *,
        company: str,
        user: str | None = None,
        thread: str | None = None,
        language: str | None = None,
    ) -> Iterator[RunEvent]:
        """Ask a question and hear the answer as it comes; the last event is the outcome. Raises as `ask`, at once."""
        scope = self.scope(company, user)
        self.services.admit_request(scope)
        started = self.services.start_run(scope, Question(text, thread, language))
        self.services.background.play(started)
        followed = self.services.follow_run(scope, started.run)
        return (cast(RunEvent, sequenced.event) for sequenced in followed if sequenced is not None)

    def set_credential(self, company: str, category: str, name: str, secret: Secret) -> None:
        """Keep a secret of a company's, see `SetCredential`."""
        self._use_cases.set_credential()(self.system_scope(company, "credentials"), category, name, secret)

    def credential_names(self, company: str) -> tuple[tuple[str, str], ...]:
        """Category and name of each secret in a company's vault."""
        vault: CredentialVault = self._adapters.credential_vault()
        return vault.names(self.system_scope(company, "credentials"))

    def refresh(
        self,
        company: str,
        options: RefreshOptions = _EVERYTHING,
        on_progress: OnProgress = lambda _: None,
    ) -> Refresh:
        """Bring a company's knowledge up to its sources, and wait for the end.

        Raises:
            RefreshInProgress: one is under way.
            CompanySuspended: the company is.
        """
        system = self._use_cases.system().active_scope(company, "refresh")
        started = self.services.start_refresh(system, options)
        refresh: Refresh = self._use_cases.refresh_knowledge()(system, started, on_progress)
        return refresh
