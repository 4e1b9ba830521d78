"""A tenant directory behind REST."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock
from typing import TypeVar
from urllib.parse import quote, urlencode

from pybreaker import CircuitBreaker, CircuitBreakerError

from sophia.adapters.backend.cache import Cache
from sophia.adapters.backend.translate import BACKEND
from sophia.adapters.backend.translate_directory import (
    Companies,
    companies_from_wire,
    is_id,
    page_from_wire,
    users_from_wire,
)
from sophia.adapters.http.bearer import authorized
from sophia.adapters.http.client import HttpClient, Reply
from sophia.adapters.http.urls import url_fault
from sophia.adapters.http.waiting import retry_after
from sophia.domain.tenancy import Company, User
from sophia.errors import ConfigurationError, Fault, NotFound, Unavailable
from sophia.logs import get_logger
from sophia.ports.identity import TenantDirectory
from sophia.ports.vault import Credential

__all__ = ["RestTenantDirectory"]

T = TypeVar("T")

_PAGE = 200
_MOMENT = 2.0  # seconds
_MOST_COMPANIES = 10_000
_MOST_USERS = 20_000

_NOBODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY)

_log = get_logger(__name__)


class RestTenantDirectory(TenantDirectory):
    """Asks the backend, and keeps what it says for some seconds.

    The companies are read as one list: a key or an id that a stranger makes up is looked for there, and costs the
    backend nothing. A user is asked for by their id. Each question is asked once at a time, of a fresh answer not at
    all; while the backend fails or is slow, the last answer serves, up to a limit. After ``failures`` in a row it is
    not asked for ``rest`` seconds. See `translate_directory` for what it answers.

    Args:
        base_url: what the paths are added to.
        token: what SOPHIA shows there.
        synonyms: by company; the backend has none.
        language: of a company for which the backend names none.
        patience: seconds that one request may take.
        fresh_for: seconds within which what changes there takes effect here.
        stale_for: seconds after which an old answer serves no more.
        failures: in this process, of the list and of users apart.
        rest: seconds.
        clock: seconds that never go back.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(
        self,
        base_url: str,
        token: Credential,
        synonyms: Mapping[str, dict[str, tuple[str, ...]]] | None = None,
        language: str = "es",
        *,
        patience: float = 10.0,
        fresh_for: float = 10.0,
        stale_for: float = 600.0,
        failures: int = 5,
        rest: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if fault := url_fault(base_url):
            raise ConfigurationError(Fault("/backend/base_url", fault))
        self._http = HttpClient(BACKEND, base_url, patience)
        self._prompt = HttpClient(BACKEND, base_url, min(_MOMENT, patience))
        self._token = token
        self._synonyms = synonyms or {}
        self._language = language
        self._rest = rest
        # Who names users that make the backend fail keeps nobody from reading the list.
        self._breakers = {
            what: CircuitBreaker(failures, rest, throw_new_error_on_trip=False) for what in ("companies", "users")
        }
        self._failing: set[str] = set()
        self._lock = Lock()
        self._companies: Cache[None, Companies] = Cache(
            BACKEND,
            lambda _: self._watched("companies", self._list),
            fresh_for=fresh_for,
            stale_for=stale_for,
            most=1,
            patience=patience,
            clock=clock,
        )
        self._users: Cache[str, Mapping[str, User]] = Cache(
            BACKEND,
            lambda user_id: self._watched("users", lambda: self._memberships(user_id)),
            fresh_for=fresh_for,
            stale_for=stale_for,
            most=_MOST_USERS,
            patience=patience,
            clock=clock,
        )

    def check(self) -> None:
        """See `TenantDirectory`. Asks for one company, and waits no longer than a moment."""
        reply = self._get(f"/companies?{urlencode({'limit': 1})}", self._prompt)
        if reply.status != HTTPStatus.OK:
            raise _refusal(reply)
        page_from_wire(reply.json)

    def companies(self) -> tuple[Company, ...]:
        """All companies that can be read, in the order of the backend."""
        return tuple(self._companies(None).readable.values())

    def company(self, company_id: str) -> Company:
        """One company.

        Raises:
            NotFound: there is none with this id.
            Unavailable: the backend does not answer, or what it says of the company cannot be read.
        """
        known = self._companies(None)
        if (wrong := known.unreadable.get(company_id)) is not None:
            raise Unavailable(BACKEND, f"what it says of this company cannot be read: {wrong}")
        try:
            return known.readable[company_id]
        except KeyError as error:
            raise NotFound("company", company_id) from error

    def companies_of(self, user_id: str) -> tuple[str, ...]:
        """The companies that have a user of this id, in the order of the backend."""
        if not is_id(user_id):
            return ()
        known = self._companies(None)
        return tuple(id_ for id_ in self._users(user_id) if id_ in known.readable or id_ in known.unreadable)

    def company_of_key(self, digest: str) -> str | None:
        """The one company that names this digest."""
        return self._companies(None).of_keys.get(digest)

    def user(self, company_id: str, user_id: str) -> User:
        """A user of the company."""
        known = self._users(user_id) if is_id(user_id) else {}
        try:
            return known[company_id]
        except KeyError as error:
            raise NotFound("user", user_id) from error

    def _list(self) -> Companies:
        items: list[object] = []
        cursor: str | None = ""
        while cursor is not None:
            query = {"limit": _PAGE} | ({"cursor": cursor} if cursor else {})
            reply = self._get(f"/companies?{urlencode(query)}")
            if reply.status != HTTPStatus.OK:
                raise _refusal(reply)
            page = page_from_wire(reply.json)
            items += page.items
            if len(items) > _MOST_COMPANIES or not (page.items or page.next_cursor is None):
                raise Unavailable(BACKEND, f"its list of companies does not end, or has over {_MOST_COMPANIES}")
            cursor = page.next_cursor
        known = companies_from_wire(items, self._language, self._synonyms)
        for company_id, wrong in known.unreadable.items():
            _log.error("directory.company_unreadable", tenant=company_id, error=wrong)
        return known

    def _memberships(self, user_id: str) -> Mapping[str, User]:
        reply = self._get(f"/users/{quote(user_id, safe='')}")
        if reply.status in _NOBODY:
            return {}
        if reply.status != HTTPStatus.OK:
            raise _refusal(reply)
        return users_from_wire(reply.json, user_id)

    def _get(self, path: str, http: HttpClient | None = None) -> Reply:
        reply, _ = authorized(self._token, lambda authorization: (http or self._http).get(path, authorization))
        if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            _log.error("directory.token_refused", status=reply.status)
        return reply

    def _watched(self, what: str, ask: Callable[[], T]) -> T:
        try:
            # Not its `call`, which lets one thread in at a time.
            with self._breakers[what].calling():
                answer = ask()
        except CircuitBreakerError as error:
            detail = "has failed several times in a row and is left alone for a while"
            raise Unavailable(BACKEND, detail, self._rest) from error
        except Unavailable as error:
            if self._turns(what, failing=True):
                _log.warning("directory.failing", what=what, error=str(error))
            raise
        if self._turns(what, failing=False):
            _log.info("directory.recovered", what=what)
        return answer

    def _turns(self, what: str, *, failing: bool) -> bool:
        """Note whether a question fails; tells when that is new."""
        with self._lock:
            new = (what in self._failing) is not failing
            (self._failing.add if failing else self._failing.discard)(what)
            return new


def _refusal(reply: Reply) -> Unavailable:
    wait = retry_after(reply.headers)
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        detail = f"is somewhere else (HTTP {reply.status}); put its own address into base_url"
        return Unavailable(BACKEND, detail, wait)
    return Unavailable(BACKEND, f"tells nothing of companies and users (HTTP {reply.status})", wait)
