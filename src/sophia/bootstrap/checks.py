"""What `sophia doctor` looks at. A check more is a line in `Checks` and nothing else."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import frozen
from dependency_injector import containers, providers

from sophia.adapters.jwt.keys import SigningKeys
from sophia.adapters.standard_webhooks.verifier import check_webhook_secret
from sophia.application.checks import (
    CheckAnswering,
    CheckCompany,
    CheckCompanyVault,
    CheckDeliveries,
    CheckEmbedder,
    CheckKnowledge,
    CheckLookups,
    CheckPlatformVault,
    CheckSystems,
)
from sophia.application.credentials import Credentials
from sophia.application.diagnose import CompanyCheck, Diagnose, PlatformCheck
from sophia.application.identity import SystemIdentity
from sophia.bootstrap.credentials import WebhookSecrets, named_credential
from sophia.bootstrap.lookups import ConfiguredLookups
from sophia.bootstrap.settings import AuthSettings, Settings
from sophia.bootstrap.tokens import open_keys
from sophia.domain.diagnosis import Diagnosis, Level
from sophia.domain.tenancy import TenantScope
from sophia.errors import Conflict, Unavailable
from sophia.ports.vault import Credential

if TYPE_CHECKING:
    from sophia.adapters.azure_agents.company_stores import CompanyStores, Compared

__all__ = ["Checks"]


@frozen
class CheckConfiguration(PlatformCheck):
    """What the settings choose; that they can be used was found out when they were read."""

    settings: Settings

    def __call__(self) -> Iterator[Diagnosis]:
        """See `PlatformCheck`."""
        chosen = self.settings
        desk = "the backend" if chosen.backend.base_url else "a desk of SOPHIA's own"
        directory = "the backend" if chosen.backend.directory == "rest" else "the settings"
        ways = f"runtime {chosen.agent.runtime}, index {chosen.knowledge.index}"
        kept = f", secrets in {chosen.credentials.vault_url}" if chosen.credentials.vault == "key-vault" else ""
        asked = chosen.agent.runtime in ("foundry", "azure-agents") or chosen.knowledge.index == "azure"
        signed = f", signed in as {chosen.azure.identity}" if kept or asked else ""
        told = f"{ways}, tickets to {desk}, companies from {directory}{kept}{signed}"
        yield Diagnosis("configuration", Level.OK, told)
        if signed and chosen.azure.identity == "development":
            told = '[azure] identity = "development" signs in as whoever is found to be logged in: not for production'
            yield Diagnosis("configuration", Level.WARNING, told)
        if not chosen.backend.base_url:
            told = "no [backend] base_url: tickets are numbered here, and nobody works on them"
            yield Diagnosis("configuration", Level.WARNING, told)


@frozen
class CheckTokens(PlatformCheck):
    """Whether bearer tokens can be checked, and how much that proves."""

    auth: AuthSettings
    keys: SigningKeys | None

    def __call__(self) -> Iterator[Diagnosis]:
        """See `PlatformCheck`."""
        if self.keys is None:
            yield Diagnosis("tokens", Level.OK, "none are taken: [auth] names neither jwks_url nor secret")
            return
        self.keys.check()
        yield Diagnosis("tokens", Level.OK, "there are keys to check them with")
        if self.auth.secret:
            told = (
                "are signed with a shared secret (HS256): whoever has it, here or at the backend, can make tokens of "
                "any user as well as check them; with [auth] jwks_url only the issuer can"
            )
            yield Diagnosis("tokens", Level.WARNING, told)
        for key, claim in (("issuer", "iss"), ("audience", "aud")):
            if not getattr(self.auth, key):
                told = f"[auth] {key} is not set: tokens are taken whatever their `{claim}` says"
                yield Diagnosis("tokens", Level.WARNING, told)


@frozen
class CheckBackend(PlatformCheck):
    """Whether the backend answers where tickets and audit entries go, and does not refuse the token."""

    settings: Settings
    credentials: Credentials

    def __call__(self) -> Iterator[Diagnosis]:
        """See `PlatformCheck`."""
        backend, targets = self.settings.backend, self.settings.targets
        places = {target.path: target.credential or backend.credential for target in targets}
        if backend.audit:
            places["/audit_logs"] = backend.credential
        for path, named in places.items() if backend.base_url else ():
            yield self._place(path, named_credential(self.credentials, named))

    def _place(self, path: str, token: Credential) -> Diagnosis:
        from sophia.adapters.backend.probe import probe  # noqa: PLC0415 - a fifth of a second, for who has a backend

        backend = self.settings.backend
        try:
            status = probe(backend.base_url, path, token, backend.timeout)
        except Unavailable as error:
            return Diagnosis(f"backend {path}", Level.FAILED, str(error))
        return Diagnosis(
            f"backend {path}", Level.OK, f"answers (HTTP {status} to a GET), and does not refuse the token"
        )


@frozen
class CheckWebhook(CompanyCheck):
    """Whether a company's backend can report on tickets."""

    secrets: WebhookSecrets
    base_url: str

    def __call__(self, scope: TenantScope) -> Iterator[Diagnosis]:
        """See `CompanyCheck`."""
        if not self.base_url:
            return
        if (secret := self.secrets(scope.company_id)) is None:
            told = "there is no backend/webhook in its vault: no report on its tickets is taken"
            yield Diagnosis("webhook secret", Level.WARNING, told)
            return
        check_webhook_secret(secret)
        yield Diagnosis("webhook secret", Level.OK, "is in the vault")


@frozen
class CheckVectorStore(CompanyCheck):
    """Whether a company's vector store at Azure is there, its own, and equal to its documents."""

    settings: Settings
    stores: "Callable[[], CompanyStores]"

    def __call__(self, scope: TenantScope) -> Iterator[Diagnosis]:
        """See `CompanyCheck`."""
        if not self.settings.needs_vector_stores:
            return
        try:
            compared = self.stores().compare(scope)
        except Conflict as error:
            yield Diagnosis("vector store", Level.WARNING, str(error))
            return
        if compared is None:
            told = "the directory names no vector_store_id: nothing of it is kept at Azure"
            yield Diagnosis("vector store", Level.WARNING, told)
        else:
            yield from self._differences(compared)

    def _differences(self, compared: "Compared") -> Iterator[Diagnosis]:
        mends = "the next refresh" if self.settings.knowledge.index == "azure" else "`sophia azure sync`"
        named, plan = compared.store_id, compared.plan
        if plan is None:
            told = f"{named} has expired or is gone; {mends} makes another in its place"
            yield Diagnosis("vector store", Level.FAILED, told)
            return
        if plan.store.id != named:
            told = f"{named} has expired or is gone; {plan.store.id} stands in for it: make that the vector_store_id"
            yield Diagnosis("vector store", Level.WARNING, told)
        elif plan.store.expires_at is not None:
            told = f"{named} expires when it was not used for some time (expires_after); better have one without an end"
            yield Diagnosis("vector store", Level.WARNING, told)
        if compared.is_as_it_should_be:
            told = f"holds all documents that everybody may read: {plan.kept}"
            yield Diagnosis("vector store", Level.OK, told)
        elif not plan.is_empty:
            lacks, over = len(plan.upload) + len(plan.attach), len(plan.gone) + len(plan.replaced)
            told = f"documents that everybody may read and it lacks: {lacks}; files that it holds too many: {over}"
            yield Diagnosis("vector store", Level.WARNING, f"{told}; {mends} mends that")
        for failure in plan.failures:
            told = f"Azure does not take {failure.document_id}: {failure.reason}"
            yield Diagnosis("vector store", Level.WARNING, told)


def _needed(settings: Settings, credentials: Credentials) -> Mapping[str, Credential]:
    return {pointer: named_credential(credentials, named) for pointer, named in settings.credentials_named.items()}


class Checks(containers.DeclarativeContainer):
    """What is looked at, by its subject: of the platform, and of each company."""

    settings: providers.Provider[Settings] = providers.Dependency()
    adapters = providers.DependenciesContainer()

    platform = providers.Dict(
        configuration=providers.Factory(CheckConfiguration, settings).provider,
        vault=providers.Factory(
            CheckPlatformVault,
            adapters.platform_vault,
            providers.Factory(_needed, settings, adapters.credentials),
        ).provider,
        tokens=providers.Factory(
            CheckTokens,
            settings.provided.auth,
            providers.Factory(open_keys, settings.provided.auth, adapters.credentials),
        ).provider,
        database=providers.Factory(CheckAnswering, "database", adapters.records).provider,
        directory=providers.Factory(CheckAnswering, "directory", adapters.directory).provider,
        backend=providers.Factory(CheckBackend, settings, adapters.credentials).provider,
        agent=providers.Factory(CheckAnswering, "agent", adapters.runtime).provider,
        embedder=providers.Factory(CheckEmbedder, adapters.embedder).provider,
    )
    company = providers.Dict(
        company=providers.Factory(CheckCompany, adapters.directory).provider,
        vault=providers.Factory(CheckCompanyVault, adapters.credential_vault).provider,
        webhook=providers.Factory(CheckWebhook, adapters.webhook_secrets, settings.provided.backend.base_url).provider,
        systems=providers.Factory(CheckSystems, adapters.systems).provider,
        lookups=providers.Factory(
            CheckLookups, adapters.systems, providers.Factory(ConfiguredLookups, settings, adapters.systems)
        ).provider,
        knowledge=providers.Factory(
            CheckKnowledge, adapters.directory, adapters.records, adapters.index, adapters.sources, adapters.clock
        ).provider,
        vector_store=providers.Factory(CheckVectorStore, settings, adapters.company_stores.provider).provider,
        deliveries=providers.Factory(
            CheckDeliveries, adapters.records, adapters.clock, settings.provided.backend.audit
        ).provider,
    )
    diagnose = providers.Factory(Diagnose, providers.Factory(SystemIdentity, adapters.directory), platform, company)
