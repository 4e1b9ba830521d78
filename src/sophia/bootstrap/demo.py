"""Trying SOPHIA out: keys that last as long as the process."""

from collections.abc import Mapping

from sophia.adapters.demo_keys.verifier import DemoKeyVerifier, mint_demo_keys
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia

__all__ = ["demo_keys", "demo_sophia"]


def demo_keys(settings: Settings) -> dict[str, str]:
    """A fresh access key for each company."""
    return mint_demo_keys(company.id for company in settings.companies)


def demo_sophia(settings: Settings, keys: Mapping[str, str]) -> Sophia:
    """SOPHIA, letting in who holds one of these keys."""
    return Sophia(settings, verifier=DemoKeyVerifier(keys))
