"""The systems of the demo's companies: what the settings have at names that are nobody's is emulated."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import IO, Any, Self, TypeAlias, cast
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from sophia.adapters.demo_keys.vault import DemoCredentialVault
from sophia.bootstrap.settings import CompanySettings, Settings
from sophia.bootstrap.settings_sources import (
    GrafanaSettings,
    PanosSettings,
    SourceSettings,
    SplunkSettings,
    SystemSettings,
)
from sophia.domain.secrets import Secret
from sophia.errors import Unavailable
from sophia.ports.vault import CredentialVault

__all__ = ["DemoProcess", "DemoSystems", "Emulated"]

_System: TypeAlias = SplunkSettings | PanosSettings | GrafanaSettings

_PANORAMA, _FIREWALL = "panorama-1", "fw-madrid-2"


class DemoProcess:
    """A program of the demo's, in a process of its own that ends with this one.

    Args:
        module: the program. It is told one line of JSON, and answers with a line.
        told: that JSON.

    Attributes:
        said: the line.

    Raises:
        Unavailable: it says nothing.
    """

    def __init__(self, module: str, told: object) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- this very Python, and a module of SOPHIA's
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for SOPHIA alone; this ends when its stdin does
        )
        stdin, stdout = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        stdin.write(f"{json.dumps(told)}\n")
        stdin.flush()
        self.said = stdout.readline().strip()
        if not self.said:
            self.stop()
            raise Unavailable(f"the demo's {module.rpartition('.')[2]}", "has not started")

    @property
    def is_over(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate()


@frozen
class _Place:
    """A source that is emulated: where, and what lets SOPHIA in."""

    company: str
    source: str
    credential: str
    url: str
    secret: str = field(repr=False)


@frozen
class Emulated:
    """Where emulated systems are, for those processes of one start of the demo that ask them."""

    places: tuple[_Place, ...] = ()

    @property
    def wire(self) -> str:
        """All of it as a line of JSON: for a pipe, and for nothing that others can read."""
        names = ("company", "source", "credential", "url", "secret")
        return json.dumps([[getattr(place, name) for name in names] for place in self.places])

    @classmethod
    def from_wire(cls, line: str) -> Self:
        """What another process has told."""
        return cls(tuple(_Place(*values) for values in json.loads(line)))

    def settings(self, settings: Settings) -> Settings:
        """The same settings, with these systems where they are."""
        urls = {(place.company, place.source): place.url for place in self.places}
        return evolve(settings, companies=tuple(_at(company, urls) for company in settings.companies))

    def vault(self, kept: CredentialVault) -> CredentialVault:
        """A vault that has what lets SOPHIA in there; all else is kept as before."""
        found: dict[str, dict[str, Secret]] = {}
        for place in self.places:
            found.setdefault(place.company, {})[place.credential] = Secret(place.secret)
        return DemoCredentialVault(found, kept)


def _at(company: CompanySettings, urls: Mapping[tuple[str, str], str]) -> CompanySettings:
    def placed(source: SourceSettings) -> SourceSettings:
        url = urls.get((company.id, source.name))
        return evolve(source, url=url) if url is not None and isinstance(source, SystemSettings) else source

    return evolve(company, sources=tuple(map(placed, company.sources)))


class DemoSystems:
    """The emulated systems of one start of the demo.

    A system whose host is in ``.example`` can be nobody's (RFC 2606), so an emulated one stands in for it. All of them
    show the same invented day (`sophia.testing.emulators.day`).

    Attributes:
        emulated: where they are.

    Raises:
        Unavailable: they do not start.
    """

    def __init__(self, settings: Settings) -> None:
        self._process: DemoProcess | None = None
        self.emulated = Emulated()
        wanted = list(_invented(settings))
        if not wanted:
            return
        minted = {(company, source.credential): secrets.token_urlsafe(32) for company, source in wanted}
        told: list[dict[str, Any]] = [
            {"system": source.system, "device": _device(source), "secret": minted[company, source.credential]}
            for company, source in wanted
        ]
        self._process = DemoProcess("sophia.testing.emulators.systems", told)
        self.emulated = Emulated(
            tuple(
                _Place(company, source.name, source.credential, url, minted[company, source.credential])
                for (company, source), url in zip(wanted, json.loads(self._process.said), strict=True)
            )
        )

    def stop(self) -> None:
        """End them."""
        if self._process is not None:
            self._process.stop()


def _invented(settings: Settings) -> Iterator[tuple[str, _System]]:
    for company in settings.companies:
        for source in company.sources:
            if isinstance(source, SystemSettings) and (urlsplit(source.url).hostname or "").endswith(".example"):
                yield company.id, source


def _device(source: _System) -> str:
    if not isinstance(source, PanosSettings):
        return ""
    return _PANORAMA if source.targets else _FIREWALL
