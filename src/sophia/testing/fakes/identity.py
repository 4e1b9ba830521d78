"""Identity in memory."""

from collections.abc import Mapping

from sophia.domain.tenancy import Company, User
from sophia.errors import NotFound, Unauthenticated
from sophia.ports.identity import Claims, TenantDirectory, TokenVerifier

__all__ = ["MemoryTenantDirectory", "MemoryTokenVerifier"]


class MemoryTenantDirectory(TenantDirectory):
    """Companies and users that a test can add and take away."""

    def __init__(self) -> None:
        self._companies: dict[str, Company] = {}
        self._users: dict[tuple[str, str], User] = {}

    def add(self, company: Company, *users: User) -> None:
        """Add a company or change it, with these users."""
        self._companies[company.id] = company
        self._users |= {(company.id, user.id): user for user in users}

    def remove_user(self, company_id: str, user_id: str) -> None:
        """Take a user away."""
        del self._users[company_id, user_id]

    def check(self) -> None:
        """It is in memory."""

    def companies(self) -> tuple[Company, ...]:
        """All companies."""
        return tuple(self._companies.values())

    def company(self, company_id: str) -> Company:
        """One company."""
        if company_id not in self._companies:
            raise NotFound("company", company_id)
        return self._companies[company_id]

    def companies_of(self, user_id: str) -> tuple[str, ...]:
        """The companies that have a user of this id."""
        return tuple(company for company in self._companies if (company, user_id) in self._users)

    def company_of_key(self, digest: str) -> str | None:
        """The company that names this digest."""
        return next((c.id for c in self._companies.values() if digest in c.access_keys), None)

    def user(self, company_id: str, user_id: str) -> User:
        """A user of the company."""
        if (company_id, user_id) not in self._users:
            raise NotFound("user", user_id)
        return self._users[company_id, user_id]


class MemoryTokenVerifier(TokenVerifier):
    """Knows tokens by heart."""

    def __init__(self, claims: Mapping[str, Claims]) -> None:
        self._claims = dict(claims)

    def verify(self, token: str) -> Claims:
        """What the token was said to prove."""
        if token not in self._claims:
            raise Unauthenticated("the token is not valid")
        return self._claims[token]
