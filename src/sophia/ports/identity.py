"""Who is calling, and what their company is. These come before a scope exists."""

from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

from sophia.domain.tenancy import Company, User

__all__ = ["Claims", "TenantDirectory", "TokenVerifier", "WebhookVerifier"]


@frozen
class Claims:
    """What a credential proves.

    Attributes:
        company_id: of a service's credential, its company. Of a user's, what it says itself, if anything: that
            grants nothing, the directory knows the companies of a user.
        user_id: None for a service's credential: it may name the user.
    """

    company_id: str | None
    user_id: str | None = None


class TokenVerifier(Protocol):
    """Turns a credential into what it proves."""

    def verify(self, token: str) -> Claims:
        """What the token proves.

        Raises:
            Unauthenticated: the token is not valid; the message never says which part was wrong.
        """
        ...


class WebhookVerifier(Protocol):
    """Tells whether a message comes from a company's backend."""

    def verify(self, company_id: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Pass when the body was signed with the company's secret within the last minutes.

        Raises:
            Unauthenticated: it was not, or there is no such company or secret; the message never says which.
            Unavailable: the secret cannot be had at the moment.
        """
        ...


class TenantDirectory(Protocol):
    """Knows the companies and their users."""

    def check(self) -> None:
        """Pass when it answers now, whatever it has said before.

        Raises:
            Unavailable: it does not.
        """
        ...

    def companies(self) -> tuple[Company, ...]:
        """All companies, in a stable order."""
        ...

    def company(self, company_id: str) -> Company:
        """One company.

        Raises:
            NotFound: there is none with this id.
        """
        ...

    def companies_of(self, user_id: str) -> tuple[str, ...]:
        """The companies that have a user of this id; none where nobody knows them."""
        ...

    def company_of_key(self, digest: str) -> str | None:
        """The company whose instance was given the access key of this SHA-256 (hexadecimal), if any."""
        ...

    def user(self, company_id: str, user_id: str) -> User:
        """A user of the company.

        Raises:
            NotFound: the company has no such user, even when another has.
        """
        ...
