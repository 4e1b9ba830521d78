"""Scopes for tests; outside of tests only identity makes them."""

from collections.abc import Iterable

from sophia.domain.tenancy import USUAL, Actor, Permission, TenantScope

__all__ = ["system_scope", "user_scope"]


def user_scope(
    company: str = "acme",
    user: str = "ana",
    groups: Iterable[str] = (),
    permissions: Iterable[Permission] = USUAL,
) -> TenantScope:
    """The scope of a user."""
    return TenantScope(company, user, frozenset(permissions), frozenset(groups))


def system_scope(company: str = "acme", purpose: str = "test") -> TenantScope:
    """The scope of SOPHIA's own work."""
    return TenantScope(company, f"system:{purpose}", frozenset(Permission), actor=Actor.SYSTEM)
