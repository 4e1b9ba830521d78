"""Access keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, and_, bindparam, insert, select, update

from sophia.adapters.sql.engine import reading, writing
from sophia.adapters.sql.tables import access_keys
from sophia.domain.access_keys import AccessKey
from sophia.domain.tenancy import TenantScope
from sophia.errors import CompanyMismatch, NotFound
from sophia.ports.access_keys import AccessKeys

__all__ = ["SqlAccessKeys"]

_columns = access_keys.c
_of_company = and_(_columns.company_id == bindparam("company"), _columns.id == bindparam("key"))
_FIND = select(access_keys).where(_columns.digest == bindparam("found"))
_USED = update(access_keys).where(_of_company).values(last_used_at=bindparam("at"))
_LIST = (
    select(access_keys).where(_columns.company_id == bindparam("company")).order_by(_columns.created_at, _columns.id)
)
_REVOKE = update(access_keys).where(_of_company, _columns.revoked_at.is_(None)).values(revoked_at=bindparam("at"))
_ONE = select(access_keys).where(_of_company)


class SqlAccessKeys(AccessKeys):
    """Access keys in SQL, found by the index over their digests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, digest: str) -> AccessKey | None:
        """See `AccessKeys`."""
        with reading(self._engine) as connection:
            row = connection.execute(_FIND, {"found": digest}).first()
        return None if row is None else _key(row)

    def used(self, key: AccessKey, at: datetime) -> None:
        """See `AccessKeys`."""
        with writing(self._engine, key.company_id) as connection:
            connection.execute(_USED, {"company": key.company_id, "key": key.id, "at": at})

    def add(self, scope: TenantScope, key: AccessKey) -> None:
        """See `AccessKeys`."""
        if key.company_id != scope.company_id:
            raise CompanyMismatch
        with writing(self._engine, scope.company_id) as connection:
            connection.execute(
                insert(access_keys),
                {
                    "company_id": key.company_id,
                    "id": key.id,
                    "digest": key.digest,
                    "created_at": key.created_at,
                    "expires_at": key.expires_at,
                    "revoked_at": key.revoked_at,
                    "last_used_at": key.last_used_at,
                },
            )

    def list(self, scope: TenantScope) -> tuple[AccessKey, ...]:
        """See `AccessKeys`."""
        with reading(self._engine, scope.company_id) as connection:
            return tuple(map(_key, connection.execute(_LIST, {"company": scope.company_id})))

    def revoke(self, scope: TenantScope, key_id: str, at: datetime) -> AccessKey:
        """See `AccessKeys`."""
        which = {"company": scope.company_id, "key": key_id}
        with writing(self._engine, scope.company_id) as connection:
            connection.execute(_REVOKE, {**which, "at": at})
            row = connection.execute(_ONE, which).first()
        if row is None:
            raise NotFound("access key", key_id)
        return _key(row)


def _key(row: Row[Any]) -> AccessKey:
    return AccessKey(
        row.id, row.company_id, row.digest, row.created_at, row.expires_at, row.revoked_at, row.last_used_at
    )
