"""What firewalls tell of themselves, as documents."""

from collections.abc import Iterator, Mapping

from sophia.adapters.panos.source import Device
from sophia.adapters.panos.views import VIEWS, Table, table_of
from sophia.adapters.systems.client import Budget
from sophia.adapters.systems.documents import Page, SystemDocuments
from sophia.adapters.systems.source import Place
from sophia.domain.lookups import System
from sophia.domain.readonly import PanosPolicy

__all__ = ["panos_documents"]

_TOLD = ("system", "ha", "jobs", "software")
_FLEETING = frozenset({"time", "uptime", "seconds in this state"})
"""Fields that are other each time: a document that holds them would be new at each refresh."""


def panos_documents(place: Place, policy: PanosPolicy, targets: Mapping[str, str]) -> SystemDocuments:
    """The documents of a device and of those behind it: one for each, of its system, HA, jobs and software."""
    device = Device(place, policy, targets)

    def pages(budget: Budget) -> Iterator[Page]:
        for target in (None, *targets):
            name = target or place.name
            parts = [f"# {name}", "A Palo Alto Networks device, as it tells of itself."]
            for view in (VIEWS[name] for name in _TOLD):
                table = table_of(place.name, view, device.show(view.command, target, budget)[1])
                parts.append(f"## {view.title}\n\n{_markdown(table)}")
            yield Page(f"device/{name}", "\n\n".join(parts) + "\n", place.url)

    return SystemDocuments(place, System.PANOS, pages)


def _markdown(table: Table) -> str:
    rows = [row for row in table.rows if row[0] not in _FLEETING]
    if not rows:
        return "Nothing."
    lines = [table.columns, ("---",) * len(table.columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
