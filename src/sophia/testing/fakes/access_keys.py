"""Access keys in memory."""

from datetime import datetime

from attrs import evolve

from sophia.domain.access_keys import AccessKey
from sophia.domain.tenancy import TenantScope
from sophia.errors import CompanyMismatch, Conflict, NotFound
from sophia.ports.access_keys import AccessKeys

__all__ = ["MemoryAccessKeys"]


class MemoryAccessKeys(AccessKeys):
    """Keeps keys as long as it lives."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], AccessKey] = {}

    def find(self, digest: str) -> AccessKey | None:
        return next((key for key in self._keys.values() if key.digest == digest), None)

    def used(self, key: AccessKey, at: datetime) -> None:
        place = key.company_id, key.id
        if place in self._keys:
            self._keys[place] = evolve(self._keys[place], last_used_at=at)

    def add(self, scope: TenantScope, key: AccessKey) -> None:
        if key.company_id != scope.company_id:
            raise CompanyMismatch
        if (key.company_id, key.id) in self._keys or self.find(key.digest):
            raise Conflict("this key is there already")
        self._keys[key.company_id, key.id] = key

    def list(self, scope: TenantScope) -> tuple[AccessKey, ...]:
        own = [key for key in self._keys.values() if key.company_id == scope.company_id]
        return tuple(sorted(own, key=lambda key: (key.created_at, key.id)))

    def revoke(self, scope: TenantScope, key_id: str, at: datetime) -> AccessKey:
        key = self._keys.get((scope.company_id, key_id))
        if key is None:
            raise NotFound("access key", key_id)
        if key.revoked_at is None:
            key = evolve(key, revoked_at=at)
            self._keys[scope.company_id, key_id] = key
        return key
