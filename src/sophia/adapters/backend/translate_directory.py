"""Companies and users as the backend tells of them.

``GET /companies?limit=200[&cursor=…]``::

    {"items": [{"id": "acme", "name": "Acme", "language": "es", "handoff": "auto",
                "accessKeySha256": ["<64 hexadecimal digits>"], "suspended": null,
                "limits": {"userRequests": 60, "tokens": 200000}}],
     "nextCursor": null}

``GET /users/{id}``, 404 where nobody has the id::

    {"id": "ana", "companies": [{"id": "acme", "groups": ["soc"], "permissions": ["chat", "handoff"]}]}

Of a company only ``id`` has to be there; of a membership, too. What is null is taken as absent; fields that are not
named here are passed over.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from sophia.adapters.backend.translate import BACKEND
from sophia.domain.tenancy import USUAL, Company, HandoffSetting, Permission, User
from sophia.errors import Unavailable
from sophia.logs import get_logger

__all__ = ["Companies", "Page", "companies_from_wire", "is_id", "page_from_wire", "users_from_wire"]

_LANGUAGES = ("es", "en")
_SHA256 = re.compile("[0-9a-fA-F]{64}")
_LIMITS = {
    "requests": "requests",
    "userRequests": "user_requests",
    "runs": "runs",
    "userRuns": "user_runs",
    "tokens": "tokens",
    "userTokens": "user_tokens",
    "documents": "documents",
    "storageMb": "storage",
}
_UNITS = {"storageMb": 2**20}
_HIGHEST_LIMIT = 10**12
_LONGEST_ID = 200
_LONGEST_NAME = 200
_LONGEST_REASON = 300
_LONGEST_CURSOR = 500
_MOST_KEYS = 20
_MOST_GROUPS = 500
_MOST_PERMISSIONS = 100

_log = get_logger(__name__)


@frozen
class Page:
    """A part of the list of companies, and where the next part begins, if there is one."""

    items: tuple[object, ...]
    next_cursor: str | None


@frozen
class Companies:
    """All companies.

    Attributes:
        readable: by their id, in the order of the backend.
        unreadable: what is wrong with what the backend says of others, by their id.
        of_keys: the company that was given the access key of a digest; none for a digest that several name.
    """

    readable: Mapping[str, Company] = field(hash=False)
    unreadable: Mapping[str, str] = field(hash=False)
    of_keys: Mapping[str, str] = field(hash=False, repr=False)


class _Unreadable(Exception):
    """Something is not as it has to be; the message says what."""


def is_id(value: object) -> bool:
    """Whether this can be the id of a company or a user: some printable characters, and no step in a path."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable() and value not in (".", "..")


def page_from_wire(body: object) -> Page:
    """A part of the list.

    Raises:
        Unavailable: it is none.
    """
    items = body.get("items") if isinstance(body, dict) else None
    cursor = body.get("nextCursor") if isinstance(body, dict) else None
    if not isinstance(items, list) or not (cursor is None or _is_text(cursor, _LONGEST_CURSOR)):
        raise Unavailable(BACKEND, "its list of companies cannot be read: expected {items: […], nextCursor}")
    return Page(tuple(items), cursor or None)


def companies_from_wire(
    items: Iterable[object], language: str, synonyms: Mapping[str, dict[str, tuple[str, ...]]]
) -> Companies:
    """The companies of the whole list. One that cannot be read is left out, and the others stay what they are.

    Args:
        items: of all pages.
        language: of a company for which none is named, or none that SOPHIA speaks.
        synonyms: by company; the backend has none.

    Raises:
        Unavailable: something in the list has no id.
    """
    readable: dict[str, Company] = {}
    unreadable: dict[str, str] = {}
    for item in items:
        if not isinstance(item, dict) or not is_id(item.get("id")):
            raise Unavailable(BACKEND, "its list of companies cannot be read: something in it has no id")
        id_ = item["id"]
        if id_ in readable or id_ in unreadable:
            readable.pop(id_, None)
            unreadable[id_] = "it is there twice"
            continue
        try:
            readable[id_] = _company(item, language, synonyms.get(id_, {}))
        except _Unreadable as error:
            unreadable[id_] = str(error)
    named: dict[str, str] = {}
    twice: set[str] = set()
    for company in readable.values():
        twice |= company.access_keys & named.keys()
        named |= dict.fromkeys(company.access_keys, company.id)
    return Companies(readable, unreadable, {digest: named[digest] for digest in named.keys() - twice})


def users_from_wire(body: object, user_id: str) -> Mapping[str, User]:
    """What the companies of a user say of them, by company; none where the answer is about somebody else.

    Raises:
        Unavailable: it cannot be read.
    """
    if not isinstance(body, dict) or not is_id(body.get("id")) or not isinstance(body.get("companies"), list):
        raise Unavailable(BACKEND, "what it says of a user cannot be read: expected {id, companies: […]}")
    if body["id"] != user_id:
        _log.warning("directory.another_user")
        return {}
    users: dict[str, User] = {}
    for item in body["companies"]:
        if not isinstance(item, dict) or not is_id(item.get("id")):
            raise Unavailable(BACKEND, "what it says of a user cannot be read: a company has no id")
        try:
            groups = _texts(item, "groups", _MOST_GROUPS)
            permissions = _texts(item, "permissions", _MOST_PERMISSIONS)
        except _Unreadable as error:
            raise Unavailable(BACKEND, f"what it says of a user cannot be read: {error}") from error
        users[item["id"]] = User(
            user_id, frozenset(groups or ()), USUAL if permissions is None else _permissions(permissions)
        )
    return users


def _company(item: Mapping[str, Any], language: str, synonyms: dict[str, tuple[str, ...]]) -> Company:
    said = _text(item, "language", _LONGEST_NAME)
    if said is not None and said not in _LANGUAGES:
        _tell_once("directory.unknown_language", said)
    handoff = _text(item, "handoff", _LONGEST_NAME)
    if handoff is not None and handoff not in tuple(HandoffSetting):
        raise _Unreadable(f"handoff: expected one of {', '.join(HandoffSetting)}")
    keys = _texts(item, "accessKeySha256", _MOST_KEYS) or ()
    if not all(map(_SHA256.fullmatch, keys)):
        raise _Unreadable("accessKeySha256: expected 64 hexadecimal digits each")
    return Company(
        item["id"],
        _text(item, "name", _LONGEST_NAME) or item["id"],
        said if said in _LANGUAGES else language,
        HandoffSetting.AUTO if handoff is None else HandoffSetting(handoff),
        synonyms,
        frozenset(map(str.lower, keys)),
        _text(item, "suspended", _LONGEST_REASON) or None,
        _text(item, "azureAgentId", _LONGEST_NAME) or None,
        _text(item, "vectorStoreId", _LONGEST_NAME) or None,
        _limits(item),
        _flag(item, "fileSearch"),
    )


def _flag(item: Mapping[str, Any], name: str) -> bool | None:
    said = item.get(name)
    if not (said is None or isinstance(said, bool)):
        raise _Unreadable(f"{name}: expected true or false")
    return said


def _limits(item: Mapping[str, Any]) -> dict[str, int]:
    said = {} if item.get("limits") is None else item["limits"]
    if not isinstance(said, dict):
        raise _Unreadable("limits: expected an object")
    limits: dict[str, int] = {}
    for name, value in said.items():
        if name not in _LIMITS:
            _tell_once("directory.unknown_limit", name[:_LONGEST_NAME])
        elif value is not None:
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _HIGHEST_LIMIT:
                raise _Unreadable(f"limits.{name}: expected a whole number from 0 to {_HIGHEST_LIMIT:,}")
            limits[_LIMITS[name]] = value * _UNITS.get(name, 1)
    return limits


def _permissions(said: Iterable[str]) -> frozenset[Permission]:
    known = {str(permission) for permission in Permission}
    for unknown in set(said) - known:
        _tell_once("directory.unknown_permission", unknown)
    return frozenset(Permission(name) for name in said if name in known)


@lru_cache(maxsize=256)
def _tell_once(event: str, value: str) -> None:
    """Once in a process: it is read anew every few seconds."""
    _log.warning(event, value=value)


def _text(item: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = item.get(name)
    if value is None or (_is_text(value, longest) and value.isprintable()):
        return value
    raise _Unreadable(f"{name}: expected a text of at most {longest} printable characters")


def _texts(item: Mapping[str, Any], name: str, most: int) -> tuple[str, ...] | None:
    values = item.get(name)
    if values is None:
        return None
    if isinstance(values, list) and len(values) <= most and all(_is_text(value, _LONGEST_NAME) for value in values):
        return tuple(values)
    raise _Unreadable(f"{name}: expected at most {most} texts")


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest
