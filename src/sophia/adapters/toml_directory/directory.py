"""Companies and users as the settings file lists them."""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Self, TypeAlias

from attrs import frozen

from sophia.domain.tenancy import Company, User
from sophia.errors import ConfigurationError, NotFound
from sophia.logs import get_logger
from sophia.ports.identity import TenantDirectory

__all__ = ["ReadFile", "Tenants", "TomlTenantDirectory"]

Tenants: TypeAlias = Iterable[tuple[Company, Iterable[User]]]

_EVERY = 1.0  # seconds

_log = get_logger(__name__)


@frozen
class ReadFile:
    """A file, and what told it apart from its other versions when it was read."""

    path: Path
    stamp: tuple[int, int, int]

    @classmethod
    def at(cls, path: Path) -> Self:
        """A file as it is now.

        Raises:
            OSError: it cannot be looked at.
        """
        stat = path.stat()
        return cls(path, (stat.st_mtime_ns, stat.st_size, stat.st_ino))


@frozen
class _Listed:
    companies: Mapping[str, Company]
    users: Mapping[tuple[str, str], User]


class TomlTenantDirectory(TenantDirectory):
    """Serves the ``[[companies]]`` of the settings, and reads them again when the file has changed.

    It is looked at once in a second, when somebody asks. While it cannot be read, or says something that cannot be,
    what it said last serves.

    Args:
        tenants: as the file had them.
        file: that one; none is never read again.
        read: what it says now; raises `ConfigurationError` where it cannot be used.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        tenants: Tenants,
        file: ReadFile | None = None,
        read: Callable[[Path], Tenants] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listed = _listed(tenants)
        self._file = file
        self._read = read
        self._clock = clock
        self._look_at = clock()
        self._lock = Lock()

    def check(self) -> None:
        """What the settings said last is there as long as this is."""

    def companies(self) -> tuple[Company, ...]:
        """All companies, in the order of the file."""
        return tuple(self._now().companies.values())

    def company(self, company_id: str) -> Company:
        """One company."""
        try:
            return self._now().companies[company_id]
        except KeyError as error:
            raise NotFound("company", company_id) from error

    def companies_of(self, user_id: str) -> tuple[str, ...]:
        """The companies that have a user of this id, in the order of the file."""
        listed = self._now()
        return tuple(company for company in listed.companies if (company, user_id) in listed.users)

    def company_of_key(self, digest: str) -> str | None:
        """The company that names this digest."""
        return next((c.id for c in self._now().companies.values() if digest in c.access_keys), None)

    def user(self, company_id: str, user_id: str) -> User:
        """A user of the company."""
        try:
            return self._now().users[company_id, user_id]
        except KeyError as error:
            raise NotFound("user", user_id) from error

    def _now(self) -> _Listed:
        # Whoever comes while another looks has the old list: nobody waits for a disk.
        if self._file is not None and self._clock() >= self._look_at and self._lock.acquire(blocking=False):
            try:
                self._look(self._file)
            finally:
                self._look_at = self._clock() + _EVERY
                self._lock.release()
        return self._listed

    def _look(self, known: ReadFile) -> None:
        try:
            file = ReadFile.at(known.path)
        except OSError as error:
            _log.warning("directory.file_missing", error=type(error).__name__)
            return
        if file == known or self._read is None:
            return
        self._file = file  # what cannot be used is read again when it has changed, not every second
        try:
            self._listed = _listed(self._read(file.path))
        except ConfigurationError as error:
            _log.error("directory.file_unusable", faults=[f"{fault.pointer}: {fault.detail}" for fault in error.faults])
        else:
            _log.info("directory.file_read", companies=len(self._listed.companies))


def _listed(tenants: Tenants) -> _Listed:
    companies: dict[str, Company] = {}
    users: dict[tuple[str, str], User] = {}
    for company, its_users in tenants:
        companies[company.id] = company
        users |= {(company.id, user.id): user for user in its_users}
    return _Listed(companies, users)
