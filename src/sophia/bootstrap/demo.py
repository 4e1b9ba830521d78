"""Trying SOPHIA out: keys that last as long as the process."""

from collections.abc import Mapping

from attrs import field, frozen

from sophia.adapters.demo_keys.verifier import DemoKeyVerifier, mint_demo_keys
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia

__all__ = ["DemoCompany", "demo_companies", "demo_keys", "demo_sophia"]


@frozen
class DemoCompany:
    """What the chat page is told of a company of the demo: how to get in, as whom, and what to ask."""

    id: str
    name: str
    key: str = field(repr=False)
    users: tuple[str, ...]
    examples: tuple[str, ...]


def demo_keys(settings: Settings) -> dict[str, str]:
    """A fresh access key for each company."""
    return mint_demo_keys(company.id for company in settings.companies)


def demo_sophia(settings: Settings, keys: Mapping[str, str]) -> Sophia:
    """SOPHIA, letting in who holds one of these keys."""
    return Sophia(settings, key_verifier=DemoKeyVerifier(keys))


def demo_companies(settings: Settings, keys: Mapping[str, str]) -> tuple[DemoCompany, ...]:
    """The companies with their keys and users, for the page."""
    return tuple(
        DemoCompany(c.id, c.name or c.id, keys[c.id], tuple(user.id for user in c.users), c.examples)
        for c in settings.companies
    )
