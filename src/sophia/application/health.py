"""Whether everything is there that an answer needs."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum

from attrs import frozen

from sophia.application.identity import SystemIdentity
from sophia.application.look_up import SecuritySources
from sophia.application.probe import Probe
from sophia.domain.tenancy import TenantScope
from sophia.errors import SophiaError, Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import AgentRuntime
from sophia.ports.embedder import Embedder
from sophia.ports.identity import TenantDirectory
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records
from sophia.ports.security_source import SecuritySource

__all__ = ["CheckHealth", "Health", "HealthState"]

_AT_ONCE = 8  # systems that are asked at the same time

_log = get_logger(__name__)


class HealthState(StrEnum):
    """How a dependency is. Degraded: answers are given all the same, but less good or less soon."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@frozen
class Health:
    """The state of a dependency, and why; the words are safe to show."""

    state: HealthState = HealthState.OK
    detail: str = ""


class CheckHealth:
    """Tries each thing that SOPHIA depends on, all at once.

    Args:
        patience: seconds after which what has not answered is down.
        good_for: seconds during which an answer is not asked for again.
        systems_good_for: the same for the companies' own systems. They are asked beside, and never waited for.
    """

    def __init__(
        self,
        records: Records,
        index: KnowledgeIndex,
        embedder: Embedder,
        runtime: AgentRuntime,
        directory: TenantDirectory,
        system: SystemIdentity,
        systems: SecuritySources,
        patience: float = 3.0,
        good_for: float = 5.0,
        systems_good_for: float = 60.0,
    ) -> None:
        self._records = records
        self._index = index
        self._embedder = embedder
        self._runtime = runtime
        self._directory = directory
        self._system = system
        self._systems = systems
        self._patience = patience
        checks: dict[str, Callable[[], Health]] = {
            "database": self._database,
            "index": self._indexed,
            "embedder": self._embeds,
            "agent": self._agent,
            "directory": self._knows_companies,
            "tickets": self._tickets,
        }
        self._probes = {name: Probe(name, check, good_for) for name, check in checks.items()}
        self._looking = Probe("systems", self._looks, systems_good_for)
        self._seen = dict.fromkeys((*checks, "systems"), HealthState.OK)

    def __call__(self) -> dict[str, Health]:
        """Each dependency by name. One that has not answered in time is down."""
        until = time.monotonic() + self._patience
        for probe in self._probes.values():
            probe.begin()
        found = {name: _outcome(probe, until) for name, probe in self._probes.items()}
        found["systems"] = self._looked()
        for name, health in found.items():
            if health.state is not self._seen[name]:
                _log.warning("health.changed", dependency=name, state=health.state, detail=health.detail)
                self._seen[name] = health.state
        return found

    def _database(self) -> Health:
        self._records.check()
        return Health()

    def _indexed(self) -> Health:
        behind = [s for s in self._system.scopes("health") if self._index.generation(s) < self._newest(s)]
        return Health(HealthState.DEGRADED, "it does not hold the newest documents yet") if behind else Health()

    def _newest(self, scope: TenantScope) -> int:
        with self._records.read(scope) as tx:
            return tx.documents.generation()

    def _embeds(self) -> Health:
        try:
            self._embedder.embed_query("ready?")
        except SophiaError as error:
            # Without it documents are searched by their words.
            return Health(HealthState.DEGRADED, str(error))
        return Health()

    def _agent(self) -> Health:
        self._runtime.check()
        return Health()

    def _knows_companies(self) -> Health:
        try:
            self._directory.check()
        except Unavailable as error:
            # Whether what it said last still serves; if not, this is down.
            self._directory.companies()
            return Health(HealthState.DEGRADED, f"{error}; what it said last serves for a while")
        return Health()

    def _tickets(self) -> Health:
        waiting = sum(map(self._undelivered, self._system.scopes("health")))
        # A ticket is tried at once: what waits has been tried in vain. None is lost.
        return Health(HealthState.DEGRADED, "tickets wait to be delivered") if waiting else Health()

    def _looked(self) -> Health:
        try:
            return self._looking.latest() or Health()
        except SophiaError as error:
            return Health(HealthState.DEGRADED, str(error))

    def _looks(self) -> Health:
        asked = [(source, s) for s in self._system.scopes("health") for source in self._systems(s.company_id)]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="health") as pool:
            silent = list(pool.map(lambda one: _is_silent(*one), asked)).count(True)
        if not silent:
            return Health()
        # Whose they are is nobody's business here; the log and `sophia doctor` name them.
        told = f"{silent} of {len(asked)} systems that are looked at do not answer, or refuse the credential"
        return Health(HealthState.DEGRADED, told)

    def _undelivered(self, scope: TenantScope) -> int:
        with self._records.read(scope) as tx:
            return tx.outbox.depth()


def _is_silent(source: SecuritySource, scope: TenantScope) -> bool:
    try:
        source.access(scope)
    except SophiaError as error:
        _log.warning("system.silent", tenant=scope.company_id, source=source.name, error=str(error))
        return True
    return False


def _outcome(probe: Probe[Health], until: float) -> Health:
    try:
        return probe.result(max(0.0, until - time.monotonic()))
    except SophiaError as error:
        return Health(HealthState.DOWN, str(error))
