"""What signs in at the emulators of Azure."""

import time
from typing import Any

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions

__all__ = ["StaticTokenCredential"]

_LASTS = 3600


class StaticTokenCredential:
    """Gives out one token to whoever asks, as a credential of Azure's SDK does.

    Attributes:
        asked: the scopes that a token was wanted for, in order.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self.asked: list[str] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked += scopes
        return AccessToken(self.token, int(time.time()) + _LASTS)

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:  # noqa: ARG002
        self.asked += scopes
        return AccessTokenInfo(self.token, int(time.time()) + _LASTS)
