"""Companies, users, and the scope that everything touching a tenant's data is given first."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from sophia.errors import CompanySuspended, PermissionDenied

__all__ = [
    "EVERYONE",
    "USUAL",
    "Actor",
    "Company",
    "HandoffSetting",
    "Permission",
    "TenantScope",
    "User",
    "reader_group",
    "reader_user",
]

EVERYONE = "company"
"""The reader token of a document that every user of the company may find."""


def reader_group(group: str) -> str:
    """The reader token of a document that belongs to a group of users."""
    return f"group:{group}"


def reader_user(user_id: str) -> str:
    """The reader token of a document that belongs to one user."""
    return f"user:{user_id}"


PLATFORM = "~platform"
"""Stands where a company's id does in what is the platform's own, and no company's."""


class Permission(StrEnum):
    """What a caller may do; looking something up is a permission for each kind of system."""

    CHAT = "chat"
    HANDOFF = "handoff"
    REFRESH = "refresh"
    DOCUMENTS = "documents"
    AUDIT = "audit"
    KEYS = "keys"
    LOOKUP_SPLUNK = "lookup:splunk"
    LOOKUP_PANOS = "lookup:panos"
    LOOKUP_GRAFANA = "lookup:grafana"


USUAL = frozenset(
    {
        Permission.CHAT,
        Permission.HANDOFF,
        Permission.REFRESH,
        Permission.DOCUMENTS,
        Permission.LOOKUP_SPLUNK,
        Permission.LOOKUP_PANOS,
        Permission.LOOKUP_GRAFANA,
    }
)
"""What a user may do unless the directory says otherwise."""


class Actor(StrEnum):
    """Who stands behind a scope."""

    USER = "user"
    SERVICE = "service"
    SYSTEM = "system"


class HandoffSetting(StrEnum):
    """What a company wants to happen when a user asks for action: a ticket, a question first, or nothing."""

    AUTO = "auto"
    CONFIRM = "confirm"
    OFF = "off"


@frozen
class User:
    """A user as the tenant directory knows them."""

    id: str
    groups: frozenset[str] = field(default=frozenset())
    permissions: frozenset[Permission] = field(default=USUAL)


@frozen
class Company:
    """A company and the settings of its SOPHIA instance.

    Attributes:
        language: what SOPHIA speaks when a message does not tell (``es`` or ``en``).
        synonyms: a term of the company's jargon to the words that mean the same.
        access_keys: digests of the keys that the backend has given its services.
        suspended: why nobody of the company is served for now; None where it is served.
        azure_agent_id: its agent at Azure AI Agents; None where it has none.
        vector_store_id: the vector store there that holds its documents.
        file_search: whether the service searches that store in SOPHIA's place; None leaves it to the installation.
        limits: those that it has of its own, by their names in `sophia.domain.limits.Limits`.
    """

    id: str
    name: str
    language: str = "es"
    handoff: HandoffSetting = HandoffSetting.AUTO
    synonyms: dict[str, tuple[str, ...]] = field(factory=dict, hash=False)
    access_keys: frozenset[str] = field(default=frozenset(), repr=False)
    suspended: str | None = None
    azure_agent_id: str | None = None
    vector_store_id: str | None = None
    limits: Mapping[str, int] = field(factory=dict, hash=False)
    file_search: bool | None = None

    def searches_store(self, usual: bool) -> bool:
        """Whether the service searches the company's vector store, where that is, or is not, ``usual``."""
        return usual if self.file_search is None else self.file_search

    def require_active(self) -> None:
        """Pass unless the company is suspended.

        Raises:
            CompanySuspended: it is.
        """
        if self.suspended is not None:
            raise CompanySuspended(self.suspended)


@frozen
class TenantScope:
    """Whose data may be touched, by whom, and what they may do.

    Only identity makes one (``sophia.application.identity``): for a caller from a verified
    credential, for SOPHIA's own work from `SystemIdentity`. A test holds the source tree to it.
    """

    company_id: str
    user_id: str
    permissions: frozenset[Permission]
    groups: frozenset[str] = frozenset()
    actor: Actor = Actor.USER

    def require(self, permission: Permission) -> None:
        """Pass when the caller has the permission.

        Raises:
            PermissionDenied: when not.
        """
        if permission not in self.permissions:
            raise PermissionDenied(permission)

    @property
    def readers(self) -> frozenset[str]:
        """The reader tokens this caller answers to; a document is found by any one of them."""
        return frozenset({EVERYONE, reader_user(self.user_id), *map(reader_group, self.groups)})

    def may_read(self, readers: frozenset[str]) -> bool:
        """Whether a document with these readers is this caller's to see. SOPHIA's own work sees all of a company's."""
        return self.actor is Actor.SYSTEM or not self.readers.isdisjoint(readers)
