"""A firewall, or a Panorama, as a source of look-ups."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlencode
from xml.etree.ElementTree import Element  # only its name: what is read is read by defusedxml

from sophia.adapters.http.client import Request
from sophia.adapters.panos.answer import result_of
from sophia.adapters.panos.views import VIEWS, table_of
from sophia.adapters.systems.client import Budget, SystemClient
from sophia.adapters.systems.source import Place, SystemSource
from sophia.domain.lookups import Cut, CutKind, Finding, Lookup, Operation, System
from sophia.domain.readonly import PanosPolicy, check_command
from sophia.domain.readonly.panos import REQUEST_TYPE, role_command
from sophia.domain.secrets import Secret
from sophia.errors import Fault, InvalidInput
from sophia.ports.security_source import Access

__all__ = ["Device", "PanosSource"]

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/xml"}
_READERS = frozenset({"superreader", "devicereader", "vsysreader"})

_SHOW = Operation(
    "show",
    "; ".join(f"{name}: {view.told}" for name, view in VIEWS.items()),
    {
        "view": {"type": "string", "enum": list(VIEWS), "description": "what to look at"},
        "target": {
            "type": "string",
            "minLength": 1,
            "maxLength": 100,
            "description": "the name of a firewall behind a Panorama; left out: the device itself",
        },
    },
    ("view",),
)


def _shown(secret: Secret) -> Mapping[str, str]:
    return {"X-PAN-KEY": secret.reveal()}


class Device:
    """Asks a device, or by way of a Panorama those behind it. Only what `sophia.domain.readonly` lets pass is sent.

    Args:
        place: where it is.
        policy: what may be asked.
        targets: serial numbers by name.
    """

    def __init__(self, place: Place, policy: PanosPolicy, targets: Mapping[str, str]) -> None:
        self.name = place.name
        self.targets = targets
        self._policy = policy
        self._client: SystemClient = place.client(_shown)

    def show(self, command: str, target: str | None, budget: Budget) -> tuple[str, Element]:
        """The command as it was sent, and its result.

        Raises:
            QueryRefused: it is no ``show`` of what may be asked; nothing was sent.
            InvalidInput: there is no such target, or the device does not know the command.
            Unavailable: the device does not answer.
        """
        checked = check_command(command, self._policy)
        return checked, self._op(checked, target, budget)

    def role_of(self, admin: str, budget: Budget) -> Sequence[str]:
        """The roles of an administrator. Raises as ``show``."""
        permissions = self._op(role_command(admin), None, budget).find("permissions/role-based")
        return () if permissions is None else tuple(role.tag for role in permissions)

    def _op(self, command: str, target: str | None, budget: Budget) -> Element:
        form = {"type": REQUEST_TYPE, "cmd": command}
        if target is not None:
            if target not in self.targets:
                there = ", ".join(self.targets) or "none"
                raise InvalidInput(Fault("/target", f"expected one of {there}; left out: the device itself"))
            form["target"] = self.targets[target]
        reply = self._client.read(Request("POST", "/api/", _FORM, urlencode(form).encode()), budget)
        if reply.status == HTTPStatus.NOT_FOUND:
            raise InvalidInput(Fault("/url", "there is no XML API at this address"))
        return result_of(self.name, reply.body)


class PanosSource(SystemSource):
    """Looks at a firewall or a Panorama.

    Args:
        place: where it is.
        policy: what may be asked.
        views: names of those that may be looked at; none: all.
        targets: the firewalls behind a Panorama, serial numbers by name.
        admin: the administrator whose key SOPHIA has; empty: their role cannot be told.
    """

    def __init__(
        self,
        place: Place,
        policy: PanosPolicy,
        views: Sequence[str] = (),
        targets: Mapping[str, str] | None = None,
        admin: str = "",
    ) -> None:
        super().__init__(place)
        self._url = place.url
        self._views = {name: view for name, view in VIEWS.items() if not views or name in views}
        self._device = Device(place, policy, targets or {})
        self._admin = admin

    @property
    def system(self) -> System:
        """See `SecuritySource`."""
        return System.PANOS

    @property
    def operations(self) -> Sequence[Operation]:
        """See `SecuritySource`."""
        return (_SHOW,)

    def _find(self, lookup: Lookup, budget: Budget) -> Finding:
        view = self._views.get(str(lookup.arguments["view"]))
        if view is None:
            raise InvalidInput(Fault("/view", f"expected one of {', '.join(self._views)}"))
        target = lookup.arguments.get("target")
        command, result = self._device.show(view.command, None if target is None else str(target), budget)
        table = table_of(self.name, view, result)
        rows = table.rows[: self.caps.rows]
        cuts = (Cut(CutKind.ROWS, str(self.caps.rows)),) if len(table.rows) > len(rows) else ()
        title = f"{view.title} of {target or self.name}"
        return Finding(title, command, table.columns, tuple(rows), len(table.rows), cuts, self._url)

    def _access(self, budget: Budget) -> Access:
        if not self._admin:
            self._device.show(VIEWS["system"].command, None, budget)  # so much is known: it takes the key
            return Access("")
        roles = self._device.role_of(self._admin, budget)
        return Access(", ".join(roles), tuple(role for role in roles if role not in _READERS))
