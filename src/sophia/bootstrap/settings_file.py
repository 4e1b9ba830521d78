"""Reading the settings: once, from ``sophia.toml`` and the environment.

A scalar key outside lists can also be given as ``SOPHIA__SECTION__KEY``, which wins over the file.
"""

import difflib
import math
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import attrs
import cattrs

from sophia.adapters.toml_directory.directory import ReadFile
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_checks import inconsistencies
from sophia.errors import ConfigurationError, Fault

__all__ = ["load_settings", "parse_settings"]

_ENVIRONMENT_PREFIX = "SOPHIA__"
_OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def load_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a settings file and what the environment adds to it.

    Raises:
        ConfigurationError: the file is not there, is no TOML, or says something that cannot be; names the key.
    """
    try:
        file = ReadFile.at(path)  # before it is read: what is written meanwhile is read again
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(Fault("", f"cannot read the settings file {path}: {error}")) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(Fault("", f"{path} is no valid TOML: {error}")) from error
    return attrs.evolve(parse_settings(values, path.parent, environment), file=file)


def parse_settings(
    values: Mapping[str, Any], directory: Path, environment: Mapping[str, str] | None = None
) -> Settings:
    """Settings from the tables of a settings file.

    Raises:
        ConfigurationError: something in them cannot be; every fault is named, not only the first.
    """
    merged = _with_environment(values, environment or {})
    misshapen = tuple(_misshapen(merged, Settings, "", hidden={"directory", "file"}))
    if misshapen:
        raise ConfigurationError(*misshapen)
    try:
        settings = _CONVERTER.structure(merged, Settings)
    except cattrs.BaseValidationError as error:
        messages = cattrs.transform_error(error, path="", format_exception=_explain)
        raise ConfigurationError(*map(_fault, messages)) from error
    faults = tuple(inconsistencies(settings))
    if faults:
        raise ConfigurationError(*faults)
    return attrs.evolve(settings, directory=directory)


def _with_environment(values: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    merged: dict[str, Any] = {k: dict(v) if isinstance(v, Mapping) else v for k, v in values.items()}
    for name, value in environment.items():
        if not name.startswith(_ENVIRONMENT_PREFIX):
            continue
        *sections, key = name.removeprefix(_ENVIRONMENT_PREFIX).lower().split("__")
        table: Any = merged
        for section in sections:
            table = table.setdefault(section, {})
            if not isinstance(table, dict):
                raise ConfigurationError(Fault("", f"{name}: keys of lists cannot be set from the environment"))
        table[key] = value
    # The name that the field knows it by (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
    disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if environment.get(_OTLP_ENDPOINT) and not disabled and isinstance(merged.setdefault("telemetry", {}), dict):
        merged["telemetry"].setdefault("otlp_endpoint", environment[_OTLP_ENDPOINT])
    return merged


def _misshapen(values: Any, type_: Any, pointer: str, hidden: AbstractSet[str] = frozenset()) -> Iterator[Fault]:
    """Tables that are none, lists that are none, and keys that nobody knows."""
    if _is_tagged(type_):
        type_ = _tagged(values, type_)
    if attrs.has(type_):
        if not isinstance(values, Mapping):
            yield Fault(pointer, f"expected a table, got {values!r}")
            return
        fields = {a.name: a.type for a in attrs.fields(type_) if a.name not in hidden}
        for key, value in values.items():
            if key in fields:
                yield from _misshapen(value, fields[key], f"{pointer}/{key}")
            else:
                near = difflib.get_close_matches(key, fields, n=1, cutoff=0.0)
                yield Fault(f"{pointer}/{key}", f"unknown key; did you mean {near[0]!r}?")
    elif get_origin(type_) is tuple:
        if not isinstance(values, list):
            yield Fault(pointer, f"expected a list, got {values!r}")
            return
        for i, item in enumerate(values):
            yield from _misshapen(item, get_args(type_)[0], f"{pointer}/{i}")
    elif get_origin(type_) is dict:
        if not isinstance(values, Mapping):
            yield Fault(pointer, f"expected a table, got {values!r}")
            return
        for key, value in values.items():
            yield from _misshapen(value, get_args(type_)[1], f"{pointer}/{key}")


def _is_tagged(type_: Any) -> bool:
    """Whether it is one of several tables, told apart by their key ``type``."""
    return get_origin(type_) is UnionType and all(map(attrs.has, get_args(type_)))


def _tagged(values: Any, type_: Any) -> type | None:
    """The table that is meant, the first where nothing is said; None: no such type."""
    tags = {attrs.fields(member).type.default: member for member in get_args(type_)}
    return tags.get(values.get("type", next(iter(tags))) if isinstance(values, Mapping) else next(iter(tags)))


def _structure_tagged(value: Any, type_: Any) -> Any:
    if (member := _tagged(value, type_)) is None:
        return _one_of(value["type"], [attrs.fields(member).type.default for member in get_args(type_)])
    return _CONVERTER.structure(value, member)


def _explain(error: BaseException, type_: type | None) -> str:
    if isinstance(error, KeyError):
        return "required key is missing"
    if isinstance(error, ValueError | TypeError) and error.args:
        return str(error.args[0])
    return cattrs.v.format_exception(error, type_)


def _fault(message: str) -> Fault:
    detail, _, path = message.rpartition(" @ ")
    return Fault(path.replace("[", "/").replace("]", "").replace(".", "/").replace("'", ""), detail or message)


def _structure_int(value: Any, _: type) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"expected a whole number, got {value!r}")
    try:
        return int(value)
    except ValueError as error:
        raise ValueError(f"expected a whole number, got {value!r}") from error


def _structure_float(value: Any, _: type) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"expected a number, got {value!r}")
    return number


def _structure_bool(value: Any, _: type) -> bool:
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if isinstance(value, bool):
        return value
    raise TypeError(f"expected true or false, got {value!r}")


def _structure_str(value: Any, _: type) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {value!r}")
    return value


def _is_choice(type_: Any) -> bool:
    return get_origin(type_) is Literal


def _structure_choice(value: Any, type_: Any) -> Any:
    return _one_of(value, get_args(type_))


def _structure_enumeration(value: Any, type_: type[StrEnum]) -> StrEnum:
    return type_(_one_of(value, [str(member) for member in type_]))


def _one_of(value: Any, choices: Sequence[str]) -> str:
    if value not in choices:
        raise ValueError(f"expected one of {', '.join(map(repr, filter(None, choices)))}, got {value!r}")
    return str(value)


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(int, _structure_int)
    converter.register_structure_hook(float, _structure_float)
    converter.register_structure_hook(bool, _structure_bool)
    converter.register_structure_hook(str, _structure_str)
    converter.register_structure_hook_func(_is_tagged, _structure_tagged)
    converter.register_structure_hook_func(_is_choice, _structure_choice)
    converter.register_structure_hook(StrEnum, _structure_enumeration)
    converter.register_structure_hook(Path, lambda value, _: Path(value))
    return converter


_CONVERTER = _make_converter()
