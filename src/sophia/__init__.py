"""SOPHIA answers security questions from a company's own documents, with citations that can be proved.

    from sophia import Sophia

    with Sophia.from_settings("sophia.toml") as sophia:
        answer = sophia.ask("¿Quién aprueba un cambio de firewall?", company="acme", user="ana")

The names here are the public ones; errors are in `sophia.errors`, fakes and contract suites in `sophia.testing`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sophia.bootstrap.settings import Settings
    from sophia.bootstrap.sophia import Sophia
    from sophia.domain.citation import Citation
    from sophia.domain.refresh import RefreshOptions
    from sophia.domain.runs import Answer
    from sophia.errors import SophiaError

__all__ = ["Answer", "Citation", "RefreshOptions", "Settings", "Sophia", "SophiaError"]

_HOMES = {
    "Answer": "sophia.domain.runs",
    "Citation": "sophia.domain.citation",
    "RefreshOptions": "sophia.domain.refresh",
    "Settings": "sophia.bootstrap.settings",
    "Sophia": "sophia.bootstrap.sophia",
    "SophiaError": "sophia.errors",
}


def __getattr__(name: str) -> object:
    """Names are loaded when they are used: a program that needs one port does not wait for all adapters."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sophia' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
