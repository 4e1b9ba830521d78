"""Who a client of the emulated service is; needs the package `azure-core`, which the emulator does not."""

import time
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential

__all__ = ["EmulatedCredential"]


class EmulatedCredential(TokenCredential):
    """Comes with a token that it is given.

    Attributes:
        scopes: what tokens were asked for.
    """

    def __init__(self, token: str = "emulated") -> None:  # noqa: S107 -- a token for this machine alone
        self.token = token
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken(self.token, int(time.time()) + 3600)
