"""What settings have to agree on."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sophia.adapters.http.urls import url_fault
from sophia.adapters.key_vault.names import secret_name
from sophia.bootstrap.settings import (
    AuthSettings,
    AzureSettings,
    CompanySettings,
    FoundrySettings,
    Settings,
    secret_place,
)
from sophia.bootstrap.settings_sources import SplunkSettings, SystemSettings
from sophia.domain.addresses import names_this_machine
from sophia.domain.asked import Category
from sophia.domain.named_lookups import built_in
from sophia.domain.tenancy import PLATFORM
from sophia.errors import Fault, InvalidInput

__all__ = ["inconsistencies"]

_PLATFORM_SECRET = re.compile("platform:[a-z0-9-]{1,60}/[a-z0-9-]{1,60}")
_COMPANY_SECRET = re.compile("[a-z0-9-]{1,60}/[a-z0-9-]{1,60}")
_SHA256 = re.compile("[0-9a-fA-F]{64}")
_SHARED = ("HS256",)
_PUBLISHED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_AGENT = re.compile("[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?")  # as azure-ai-projects tells
_PATH = re.compile(r"/[\w.~!$&'()*+,;=:@%/-]*", re.ASCII)  # RFC 3986, 3.3


def inconsistencies(settings: Settings) -> Iterator[Fault]:
    """Every fault that shows only when several settings, or the inside of one, are looked at."""
    if (url := settings.telemetry.otlp_endpoint) and (fault := url_fault(url)):
        yield Fault("/telemetry/otlp_endpoint", fault)
    yield from _auth_faults(settings.auth)
    for pointer, named in settings.credentials_named.items():
        if not _PLATFORM_SECRET.fullmatch(named):
            yield Fault(pointer, "expected platform:category/name, as in the platform's vault")
    yield from _faults_of_azure(settings.azure)
    if settings.credentials.vault == "key-vault":
        yield from _faults_of_key_vault(settings)
    if settings.knowledge.searches == "postgres" and not settings.database_url.startswith("postgresql"):
        pointer = "/knowledge/azure/search" if settings.knowledge.index == "azure" else "/knowledge/index"
        yield Fault(pointer, "`postgres` needs the records in Postgres: set `url` in [database]")
    if settings.agent.runtime == "openai":
        if not settings.agent.openai.model:
            yield Fault("/agent/openai/model", "required key is missing")
        if fault := url_fault(settings.agent.openai.base_url):
            yield Fault("/agent/openai/base_url", fault)
    if settings.agent.runtime == "azure-agents" or settings.knowledge.index == "azure":
        if not settings.agent.azure.endpoint:
            yield Fault("/agent/azure/endpoint", "required key is missing")
        elif fault := url_fault(settings.agent.azure.endpoint):
            yield Fault("/agent/azure/endpoint", fault)
    if settings.agent.runtime == "foundry":
        yield from _faults_of_foundry(settings.agent.foundry)
    yield from _faults_of_backend(settings)
    if settings.backend.directory == "rest":
        yield from _faults_of_rest_directory(settings)
    yield from _repeated([c.id for c in settings.companies], "/companies", "id")
    stores = [c.vector_store_id for c in settings.companies]
    for i, store in enumerate(stores):
        if store and store in stores[:i]:
            yield Fault(f"/companies/{i}/vector_store_id", f"{store!r} is another company's; each needs its own")
    for i, company in enumerate(settings.companies):
        if company.id == PLATFORM:
            yield Fault(f"/companies/{i}/id", f"{PLATFORM!r} is the platform's own name; choose another")
        if company.access_key_sha256 and not _SHA256.fullmatch(company.access_key_sha256):
            yield Fault(f"/companies/{i}/access_key_sha256", "expected a SHA-256: 64 hexadecimal digits")
        yield from _repeated([u.id for u in company.users], f"/companies/{i}/users", "id")
        yield from _repeated([s.name for s in company.sources], f"/companies/{i}/sources", "name")
        yield from _faults_of_lookups(company, f"/companies/{i}")
        users = {u.id for u in company.users}
        for j, source in enumerate(company.sources):
            pointer = f"/companies/{i}/sources/{j}"
            if isinstance(source, SystemSettings):
                yield from _faults_of_system(source, pointer)
                continue
            if source.owner and source.groups:
                yield Fault(pointer, "has both `owner` and `groups`; name one")
            if source.owner and source.owner not in users and settings.backend.directory == "file":
                yield Fault(f"{pointer}/owner", f"{source.owner!r} is no user of this company")
    taken = {category for target in settings.targets for category in target.categories}
    for category in Category:
        if category.is_action and category not in taken:
            yield Fault("/targets", f"no target takes the category {category.value!r}")


def _faults_of_foundry(foundry: FoundrySettings) -> Iterator[Fault]:
    if not foundry.model:
        yield Fault("/agent/foundry/model", "required key is missing")
    if fault := url_fault(foundry.endpoint):
        yield Fault("/agent/foundry/endpoint", fault if foundry.endpoint else "required key is missing")
    if not _AGENT.fullmatch(foundry.agent):
        told = "expected up to 63 letters, digits and hyphens, a letter or digit first and last"
        yield Fault("/agent/foundry/agent", f"{told}, got {foundry.agent!r}")


def _faults_of_system(source: SystemSettings, pointer: str) -> Iterator[Fault]:
    if fault := url_fault(source.url):
        yield Fault(f"{pointer}/url", fault)
    if not _COMPANY_SECRET.fullmatch(source.credential):
        yield Fault(f"{pointer}/credential", "expected category/name, as in the company's vault")


def _faults_of_lookups(company: CompanySettings, pointer: str) -> Iterator[Fault]:
    for key, zone in [
        ("time_zone", company.time_zone),
        *((f"users/{i}/time_zone", u.time_zone) for i, u in enumerate(company.users)),
    ]:
        if zone and not _is_zone(zone):
            yield Fault(f"{pointer}/{key}", f"expected a time zone of IANA's (Europe/Madrid), got {zone!r}")
    yield from _repeated([lookup.name for lookup in company.lookups], f"{pointer}/lookups", "name")
    systems = {s.name: s for s in company.sources if isinstance(s, SystemSettings)}
    for source in systems.values():
        if isinstance(source, SplunkSettings):
            at = f"{pointer}/sources/{company.sources.index(source)}/events"
            yield from _faults_of(at, partial(built_in, source.system, source.name, source.events.names), "")
    for i, lookup in enumerate(company.lookups):
        at = f"{pointer}/lookups/{i}"
        if lookup.takes_away:
            continue
        if lookup.source not in systems:
            known = ", ".join(map(repr, systems)) or "none"
            yield Fault(f"{at}/source", f"{lookup.source!r} is no system of this company; there are {known}")
        else:
            yield from _faults_of(at, partial(lookup.named, systems[lookup.source].system), "/query")


def _faults_of(pointer: str, make: Callable[[], object], search: str) -> Iterator[Fault]:
    """What is wrong with a look-up that is made; ``search`` is the key that its search stands under."""
    try:
        make()
    except InvalidInput as error:
        for fault in error.faults:
            yield Fault(pointer + fault.pointer.replace("/arguments/search", search), fault.detail)


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _faults_of_azure(azure: AzureSettings) -> Iterator[Fault]:
    principal = ("workload", "certificate")
    for key, kinds in (("tenant_id", principal), ("authority", principal), ("certificate", ("certificate",))):
        if getattr(azure, key) and azure.identity not in kinds:
            yield Fault(f"/azure/{key}", f'is not looked at with identity = "{azure.identity}"; take it out')
    for key in ("tenant_id", "client_id", "certificate") if azure.identity == "certificate" else ():
        if not getattr(azure, key):
            yield Fault(f"/azure/{key}", 'required key is missing (identity = "certificate")')
    if azure.authority and (fault := _https_fault(azure.authority)):
        yield Fault("/azure/authority", fault)


def _faults_of_key_vault(settings: Settings) -> Iterator[Fault]:
    url = settings.credentials.vault_url
    if not url:
        yield Fault("/credentials/vault_url", 'required key is missing (vault = "key-vault")')
    elif fault := _https_fault(url):
        yield Fault("/credentials/vault_url", fault)
    elif urlsplit(url).path.strip("/") or urlsplit(url).query:
        yield Fault("/credentials/vault_url", "expected the vault's address alone: https://NAME.vault.azure.net")
    elif settings.azure.ca_file and not names_this_machine(urlsplit(url).hostname or ""):
        yield Fault("/azure/ca_file", "is for emulators on this machine; a vault of Azure's needs none")
    needed: dict[str, tuple[str | None, str, str]] = {
        pointer: (None, *secret_place(named))
        for pointer, named in settings.credentials_named.items()
        if _PLATFORM_SECRET.fullmatch(named)
    }
    for i, company in enumerate(settings.companies):
        for j, source in enumerate(company.sources):
            if isinstance(source, SystemSettings) and _COMPANY_SECRET.fullmatch(source.credential):
                category, _, name = source.credential.partition("/")
                needed[f"/companies/{i}/sources/{j}/credential"] = company.id, category, name
    for pointer, (company_id, category, name) in needed.items():
        try:
            secret_name(company_id, category, name)
        except InvalidInput as error:
            yield Fault(pointer, error.faults[0].detail)


def _https_fault(url: str) -> str | None:
    """What keeps a URL of Azure's from being called; tokens go nowhere in the clear, on this machine neither."""
    if fault := url_fault(url):
        return fault
    return None if urlsplit(url).scheme == "https" else "expected an https:// URL"


def _auth_faults(auth: AuthSettings) -> Iterator[Fault]:
    if auth.jwks_url and auth.secret:
        yield Fault("/auth", "has both `jwks_url` and `secret`; name one")
    if auth.jwks_url and (fault := url_fault(auth.jwks_url)):
        yield Fault("/auth/jwks_url", fault)
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
        if backend.audit:
            yield Fault("/backend/base_url", "required key is missing: the audit trail is to be delivered there")
        return
    if fault := url_fault(backend.base_url):
        yield Fault("/backend/base_url", fault)
    if not backend.credential and (backend.audit or not all(target.credential for target in settings.targets)):
        yield Fault("/backend/credential", "required key is missing")


def _faults_of_rest_directory(settings: Settings) -> Iterator[Fault]:
    if not settings.backend.base_url:
        yield Fault("/backend/base_url", "required key is missing")
    elif not settings.backend.credential and all(target.credential for target in settings.targets):
        yield Fault("/backend/credential", "required key is missing")
    usual = CompanySettings("")
    for i, company in enumerate(settings.companies):
        for key in (
            "name",
            "language",
            "handoff",
            "access_key_sha256",
            "suspended",
            "azure_agent_id",
            "vector_store_id",
            "file_search",
            "users",
        ):
            if getattr(company, key) != getattr(usual, key):
                yield Fault(f"/companies/{i}/{key}", 'the backend tells this (directory = "rest"); take it out')


def _repeated(ids: list[str], pointer: str, key: str) -> Iterator[Fault]:
    for i, id_ in enumerate(ids):
        if id_ in ids[:i]:
            yield Fault(f"{pointer}/{i}/{key}", f"{id_!r} is there twice")
