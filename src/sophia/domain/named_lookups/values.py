"""A look-up that a company has named: a question that is asked often, with the query that answers it."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TypeAlias

from attrs import field, frozen

from sophia.domain.lookups import USUAL_RANGE, System
from sophia.domain.named_lookups.kinds import Kind
from sophia.errors import Fault, InvalidInput

__all__ = ["NamedLookup", "Parameter", "Template", "Value"]

Value: TypeAlias = str | int
"""What a parameter is given."""

Template: TypeAlias = str | int | Mapping[str, str]
"""An argument before it is filled in: a text, or texts by name; a number or a truth value is what it is."""

_PLACE = re.compile(r"\$([a-z][a-z0-9_]*)\$")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST_EXAMPLE = 200


@frozen
class Parameter:
    """Something that a look-up has to be told.

    Attributes:
        after: words that it follows, for a ``text`` that stands in no quotation marks.
    """

    name: str
    kind: Kind
    after: tuple[str, ...] = ()


@frozen
class NamedLookup:
    """A look-up with a name, and how it is asked for.

    A template may name a parameter as ``$user$``. It is either the whole of an argument, which then is the value, or
    stands in a text between double quotes: what a value may consist of (see `Kind`) cannot end those.

    Attributes:
        name: what replaces it and is replaced by it.
        titles: how users read it, by language.
        examples: ways in which it is asked for, in any language; the title is another.
        system: that is looked at.
        source: which one; empty: each of the kind that the caller may look at.
        arguments: of the operation, by name: templates.
        ranged: whether it looks at a time range.
        back: how far back it looks where no time is named.
        total: the column whose numbers are summed up; empty: none is.
        only: the rows that are told, by what their columns hold (folded); empty: all of them.
        columns: those that are told, in this order; empty: all of them.

    Raises:
        InvalidInput: a template names a parameter that there is not, or has it where its value could be more than a
            value; or a parameter is named nowhere.
    """

    name: str
    titles: Mapping[str, str] = field(hash=False)
    system: System
    operation: str
    arguments: Mapping[str, Template] = field(factory=dict, hash=False)
    examples: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    source: str = ""
    ranged: bool = True
    back: timedelta = USUAL_RANGE
    total: str = ""
    only: Mapping[str, tuple[str, ...]] = field(factory=dict, hash=False)
    columns: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if faults := tuple(self._faults()):
            raise InvalidInput(*faults)

    def _faults(self) -> Iterator[Fault]:
        kinds = {parameter.name: parameter.kind for parameter in self.parameters}
        named: set[str] = set()
        for pointer, template in _templates(self.arguments):
            for place in _PLACE.finditer(template):
                named.add(place[1])
                if place[1] not in kinds:
                    yield Fault(pointer, f"there is no parameter {place[1]!r}")
                elif not _is_safe(template, place, kinds[place[1]]):
                    told = f"${place[1]}$ has to stand between double quotes: elsewhere a value could change the query"
                    yield Fault(pointer, told)
        for name in kinds:
            if not _NAME.fullmatch(name):
                yield Fault(f"/parameters/{name}", "expected small letters, digits and _")
            elif name not in named:
                yield Fault(f"/parameters/{name}", "no argument names it")
        for at, example in enumerate(self.examples):
            if not example.strip() or len(example) > _LONGEST_EXAMPLE:
                yield Fault(f"/examples/{at}", f"expected a text of at most {_LONGEST_EXAMPLE} characters")

    def title(self, language: str) -> str:
        """How users of a language read it."""
        return self.titles.get(language) or next(iter(self.titles.values()))

    def filled(self, values: Mapping[str, Value]) -> dict[str, object]:
        """The arguments with the values in their places.

        Raises:
            InvalidInput: a value is missing, or is none of its parameter's kind.
        """
        given = {parameter.name: _checked(parameter, values) for parameter in self.parameters}
        return {
            argument: {name: _filled(inner, given) for name, inner in template.items()}
            if isinstance(template, Mapping)
            else _filled(template, given)
            for argument, template in self.arguments.items()
        }


def _templates(arguments: Mapping[str, Template]) -> Iterator[tuple[str, str]]:
    for argument, template in arguments.items():
        if isinstance(template, str):
            yield f"/arguments/{argument}", template
        elif isinstance(template, Mapping):
            yield from ((f"/arguments/{argument}/{name}", inner) for name, inner in template.items())


def _checked(parameter: Parameter, values: Mapping[str, Value]) -> Value:
    value = values.get(parameter.name)
    if value is None:
        raise InvalidInput(Fault(f"/{parameter.name}", "required value is missing"))
    if not parameter.kind.takes(value):
        raise InvalidInput(Fault(f"/{parameter.name}", f"expected {parameter.kind}, got {str(value)[:40]!r}"))
    return value


def _filled(template: str | int, given: Mapping[str, Value]) -> Value:
    if isinstance(template, int):
        return template
    if whole := _PLACE.fullmatch(template):
        return given[whole[1]]
    return _PLACE.sub(lambda place: str(given[place[1]]), template)


def _is_safe(template: str, place: re.Match[str], kind: Kind) -> bool:
    """Whether a value stays a value there: all of the argument, a number, or within double quotes."""
    if place.span() == (0, len(template)) or kind is Kind.NUMBER:
        return True
    quoted = escaped = False
    for character in template[: place.start()]:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
    return quoted and not escaped
