"""Dashboards as Grafana stores them: their panels, what these query, and the values of their variables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from sophia.errors import Fault, InvalidInput

__all__ = ["Datasource", "Panel", "datasource_of", "panels_of", "resolve", "variables_of"]

_VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]|\$(\w+)")
_OWN = "__"  # Grafana's own variables, such as $__rate_interval, are filled in where the query runs


@frozen
class Datasource:
    """A data source of Grafana's."""

    uid: str
    name: str
    type: str
    is_default: bool


@frozen
class Panel:
    """What a dashboard shows in one place.

    Attributes:
        targets: its queries as they are stored, those that are hidden left out.
    """

    id: int
    title: str
    type: str
    description: str
    targets: tuple[Mapping[str, Any], ...] = field(hash=False)

    @property
    def queries(self) -> str:
        """Its queries as people write them."""
        told = (target.get("expr") or target.get("rawSql") or target.get("query") or "" for target in self.targets)
        return "; ".join(text for text in told if isinstance(text, str) and text)


def panels_of(model: Mapping[str, Any]) -> Iterator[Panel]:
    """The panels of a dashboard, those in folded rows and in the rows of old dashboards too."""
    for panel in _all(model):
        own = panel.get("datasource")
        targets = tuple(
            {**target, "datasource": target.get("datasource") or own}
            for target in panel.get("targets") or ()
            if isinstance(target, Mapping) and not target.get("hide")
        )
        yield Panel(
            panel["id"] if isinstance(panel.get("id"), int) else 0,
            str(panel.get("title") or ""),
            str(panel.get("type") or ""),
            str(panel.get("description") or ""),
            targets,
        )


def _all(model: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    rows = [row for row in model.get("rows") or () if isinstance(row, Mapping)]
    for panel in [*(model.get("panels") or ()), *rows]:
        if not isinstance(panel, Mapping):
            continue
        if panel.get("type") != "row" and "targets" in panel:
            yield panel
        yield from _all(panel)


def variables_of(model: Mapping[str, Any]) -> dict[str, str]:
    """The values that a dashboard's variables have as it is stored; several at once as a regular expression."""
    listed = (model.get("templating") or {}).get("list") or ()
    found = {}
    for variable in listed:
        value = (variable.get("current") or {}).get("value")
        values = [str(one) for one in (value if isinstance(value, list) else [value]) if one not in (None, "")]
        if values == ["$__all"]:
            values = [str(variable.get("allValue") or ".*")]
        if values:
            found[str(variable.get("name"))] = values[0] if len(values) == 1 else "|".join(values)
    return found


def resolve(text: str, variables: Mapping[str, str]) -> str:
    """A query with the values of its variables.

    Raises:
        InvalidInput: one has no value.
    """

    def value(match: re.Match[str]) -> str:
        name = next(group for group in match.groups() if group)
        if name.startswith(_OWN):
            return match[0]
        if name not in variables:
            raise InvalidInput(Fault("/panel", f"its query needs the variable ${name}, which has no value"))
        return variables[name]

    return _VARIABLE.sub(value, text)


def datasource_of(target: Mapping[str, Any], known: Sequence[Datasource], variables: Mapping[str, str]) -> Datasource:
    """The data source of a panel's query, however it is named there: by uid, by name, by a variable, or not at all.

    Raises:
        InvalidInput: there is none of that name.
    """
    named = target.get("datasource")
    name = named.get("uid") if isinstance(named, Mapping) else named
    if name in (None, "", "default"):
        found = next((one for one in known if one.is_default), None)
    else:
        told = resolve(str(name), variables)
        found = next((one for one in known if told in (one.uid, one.name)), None)
    if found is None:
        raise InvalidInput(Fault("/panel", f"there is no data source {str(name)[:80]!r}"))
    return found
