"""The only place where a `TenantScope` is made: for a caller from a credential, for SOPHIA's own work from its name."""

from collections.abc import Iterator, Mapping
from enum import Enum

from sophia.domain.tenancy import PLATFORM, Actor, Company, Permission, TenantScope, User
from sophia.errors import CompanyMismatch, NotFound, PermissionDenied, Unauthenticated
from sophia.ports.identity import TenantDirectory, TokenVerifier, WebhookVerifier

__all__ = ["SERVICE_USER", "Authenticate", "AuthenticateWebhook", "CredentialKind", "Impersonate", "SystemIdentity"]

SERVICE_USER = "service"
"""The user of a service's credential that names none; every company has it."""


class CredentialKind(Enum):
    """What a caller can come with."""

    BEARER = "bearer"
    ACCESS_KEY = "access-key"


class Authenticate:
    """Turns a credential into the scope of its caller."""

    def __init__(self, tokens: TokenVerifier, keys: TokenVerifier, directory: TenantDirectory) -> None:
        self._verifiers = {CredentialKind.BEARER: tokens, CredentialKind.ACCESS_KEY: keys}
        self._directory = directory

    def __call__(self, kind: CredentialKind, credential: str, on_behalf_of: str | None = None) -> TenantScope:
        """The scope of whoever holds the credential.

        Args:
            kind: which of them it is.
            credential: as it came with the request.
            on_behalf_of: the user a service asks for; ignored for a credential that names its user.

        Raises:
            Unauthenticated: the credential proves nothing, or its company is gone.
            PermissionDenied: the service names a user who is not its company's; the user of the token is nobody's, or
                several companies' and the token names none.
            CompanyMismatch: the token says that its user is another company's than the directory knows.
            CompanySuspended: the company is.
        """
        claims = self._verifiers[kind].verify(credential)
        if claims.user_id is not None:
            company_id = self._company(claims.user_id, claims.company_id)
        elif claims.company_id is not None:
            company_id = claims.company_id
        else:
            raise Unauthenticated("the token names neither a user nor a company")
        try:
            user_id = on_behalf_of if claims.user_id is None else claims.user_id
            return caller_scope(self._directory, company_id, user_id)
        except NotFound as error:
            raise Unauthenticated("the company of this credential is gone") from error

    def _company(self, user_id: str, said: str | None) -> str:
        """The company of a user, as the directory knows it; what a token says can only choose among several."""
        # Nobody becomes a company's service by being called like it.
        known = () if user_id == SERVICE_USER else self._directory.companies_of(user_id)
        if not known:
            raise PermissionDenied("user", f"{user_id!r} is not a user of any company")
        if said is None and len(known) > 1:
            raise PermissionDenied("user", f"{user_id!r} is a user of several companies; the token has to name one")
        if said is not None and said not in known:
            raise CompanyMismatch("company_id in the token is no company of its user")
        return said or known[0]


class AuthenticateWebhook:
    """Turns a message that a company's backend has signed into a scope of SOPHIA's own work for that company."""

    def __init__(self, verifier: WebhookVerifier, system: "SystemIdentity") -> None:
        self._verifier = verifier
        self._system = system

    def __call__(self, company_id: str, body: bytes, headers: Mapping[str, str]) -> TenantScope:
        """The scope under which the message is worked on, named ``system:webhook`` in the audit trail.

        Args:
            company_id: as the message names it: it grants nothing, but says whose secret has to have signed.
            body: as it came.
            headers: as they came.

        Raises:
            Unauthenticated: it is not signed as one of that company's backend.
            Unavailable: the secret cannot be had at the moment.
        """
        self._verifier.verify(company_id, body, headers)
        return self._system.scope(company_id, "webhook")


class Impersonate:
    """The scope of a user for a program that runs in this process: a library's caller, the command line."""

    def __init__(self, directory: TenantDirectory) -> None:
        self._directory = directory

    def __call__(self, company_id: str, user_id: str | None = None) -> TenantScope:
        """The scope of a user (None: the service itself).

        Raises:
            NotFound: there is no such company.
            PermissionDenied: the company has no such user.
            CompanySuspended: the company is.
        """
        return caller_scope(self._directory, company_id, user_id)


class SystemIdentity:
    """SOPHIA's own work: one company at a time, and recorded under what it is for."""

    def __init__(self, directory: TenantDirectory) -> None:
        self._directory = directory

    def scope(self, company_id: str, purpose: str) -> TenantScope:
        """The scope of SOPHIA's own work for one company; ``purpose`` names it in the audit trail.

        A suspended company has one as well: what was begun is brought to an end, and what is its own stays in order.

        Raises:
            NotFound: there is no such company.
        """
        return _system_scope(_tenant(self._directory, company_id), purpose)

    def platform(self, purpose: str) -> TenantScope:
        """The scope of SOPHIA's own work for the platform: its audit trail, and nothing of any company."""
        return _system_scope(Company(PLATFORM, "platform"), purpose)

    def active_scope(self, company_id: str, purpose: str) -> TenantScope:
        """The scope of work that a suspended company does not get.

        Raises:
            NotFound: there is no such company.
            CompanySuspended: the company is.
        """
        company = _tenant(self._directory, company_id)
        company.require_active()
        return _system_scope(company, purpose)

    def scopes(self, purpose: str) -> Iterator[TenantScope]:
        """The scope of every company in turn, suspended ones too."""
        for company in self._directory.companies():
            if company.id == PLATFORM:
                continue
            yield _system_scope(company, purpose)

    def on_behalf(self, company_id: str, user_id: str) -> TenantScope:
        """The scope of a user whose work is taken up again, as the directory knows them now.

        Raises:
            NotFound: there is no such company.
            PermissionDenied: the company does not know the user any more.
            CompanySuspended: the company is.
        """
        return caller_scope(self._directory, company_id, user_id)


def caller_scope(directory: TenantDirectory, company_id: str, user_id: str | None) -> TenantScope:
    """The scope of a company's user, or of its service when none is named."""
    company = _tenant(directory, company_id)
    company.require_active()
    if user_id is None or user_id == SERVICE_USER:
        user, actor = User(SERVICE_USER), Actor.SERVICE
    else:
        try:
            user, actor = directory.user(company.id, user_id), Actor.USER
        except NotFound as error:
            raise PermissionDenied("user", f"{user_id!r} is not a user of this company") from error
    return TenantScope(company.id, user.id, user.permissions, user.groups, actor)


def _tenant(directory: TenantDirectory, company_id: str) -> Company:
    if company_id == PLATFORM:
        raise NotFound("company", company_id)
    return directory.company(company_id)


def _system_scope(company: Company, purpose: str) -> TenantScope:
    return TenantScope(company.id, f"system:{purpose}", frozenset(Permission), actor=Actor.SYSTEM)
