"""Diagnosis out whether everything is as it should be, before somebody notices that it is not."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ParamSpec, Protocol

from attrs import evolve

from sophia.application.identity import SystemIdentity
from sophia.domain.diagnosis import Diagnosis, Level
from sophia.domain.tenancy import TenantScope
from sophia.errors import NotFound, SophiaError

__all__ = ["CompanyCheck", "Diagnose", "PlatformCheck"]


P = ParamSpec("P")


class PlatformCheck(Protocol):
    """Looks at something of the platform's."""

    def __call__(self) -> Iterable[Diagnosis]:
        """What there is to say of it.

        Raises:
            SophiaError: it does not work; that is a finding as well.
        """
        ...


class CompanyCheck(Protocol):
    """Looks at something of one company's."""

    def __call__(self, scope: TenantScope) -> Iterable[Diagnosis]:
        """As `PlatformCheck`, of the company of a scope of SOPHIA's own."""
        ...


class Diagnose:
    """Looks at all there is, the platform's first and then company by company.

    Checks are made when it is their turn: what cannot even be opened is the finding of that check, and the others are
    made all the same.

    Args:
        system: walks the companies.
        platform, company: what makes the checks, by their subjects.
    """

    def __init__(
        self,
        system: SystemIdentity,
        platform: Mapping[str, Callable[[], PlatformCheck]],
        company: Mapping[str, Callable[[], CompanyCheck]],
    ) -> None:
        self._system = system
        self._platform = platform
        self._company = company

    def __call__(self, company_id: str | None = None) -> Iterator[Diagnosis]:
        """Each finding as soon as it is there; of one company and the platform where one is named.

        Raises:
            NotFound: there is no such company.
        """
        scopes, unknown = self._scopes(company_id)
        for subject, make in self._platform.items():
            yield from _findings(subject, None, make)
        if unknown is not None:
            yield Diagnosis("companies", Level.FAILED, f"nobody knows which there are: {unknown}")
        for scope in scopes:
            yield from self._of_company(scope)

    def _of_company(self, scope: TenantScope) -> Iterator[Diagnosis]:
        for subject, make in self._company.items():
            yield from _findings(subject, scope.company_id, make, scope)

    def _scopes(self, company_id: str | None) -> tuple[tuple[TenantScope, ...], SophiaError | None]:
        try:
            if company_id is not None:
                return (self._system.scope(company_id, "doctor"),), None
            return tuple(self._system.scopes("doctor")), None
        except NotFound:
            raise
        except SophiaError as error:
            return (), error


def _findings(
    subject: str, company: str | None, make: Callable[[], Callable[P, Iterable[Diagnosis]]], *on: P.args, **to: P.kwargs
) -> Iterator[Diagnosis]:
    try:
        for finding in make()(*on, **to):
            yield evolve(finding, company=company)
    except SophiaError as error:
        yield Diagnosis(subject, Level.FAILED, str(error), company)
