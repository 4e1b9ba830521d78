"""Companies and users as the settings file lists them."""

from collections.abc import Iterable

from sophia.domain.tenancy import Company, User
from sophia.errors import NotFound
from sophia.ports.identity import TenantDirectory

__all__ = ["TomlTenantDirectory"]


class TomlTenantDirectory(TenantDirectory):
    """Serves the ``[[companies]]`` of the settings."""

    def __init__(self, tenants: Iterable[tuple[Company, Iterable[User]]]) -> None:
        self._companies: dict[str, Company] = {}
        self._users: dict[tuple[str, str], User] = {}
        for company, users in tenants:
            self._companies[company.id] = company
            self._users |= {(company.id, user.id): user for user in users}

    def check(self) -> None:
        """What the settings say was read with them: it is there as long as this is."""

    def companies(self) -> tuple[Company, ...]:
        """All companies, in the order of the file."""
        return tuple(self._companies.values())

    def company(self, company_id: str) -> Company:
        """One company."""
        try:
            return self._companies[company_id]
        except KeyError as error:
            raise NotFound("company", company_id) from error

    def companies_of(self, user_id: str) -> tuple[str, ...]:
        """The companies that have a user of this id, in the order of the file."""
        return tuple(company for company in self._companies if (company, user_id) in self._users)

    def company_of_key(self, digest: str) -> str | None:
        """The company that names this digest."""
        return next((c.id for c in self._companies.values() if digest in c.access_keys), None)

    def user(self, company_id: str, user_id: str) -> User:
        """A user of the company."""
        try:
            return self._users[company_id, user_id]
        except KeyError as error:
            raise NotFound("user", user_id) from error
