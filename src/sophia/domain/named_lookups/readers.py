"""What a message names: addresses, hosts, people, firewalls, numbers and texts, as values of parameters."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from sophia.domain.intent.verbs import fold
from sophia.domain.named_lookups.kinds import Kind
from sophia.domain.named_lookups.values import Parameter, Value

__all__ = ["firewalls_in", "masked", "places_in", "read_values", "things_in", "without_replaced"]

_ADDRESS = re.compile(
    r"(?<![\w.:-])(?:\d{1,3}(?:(?:\.|\[\.\]|\(\.\))\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:-])"
)
_MAIL = re.compile(r"(?<![\w.@+-])[\w.+-]{1,64}@[\w.-]{1,128}\w")
_DOMAIN_USER = re.compile(r"(?<![\w\\])[A-Za-z][\w.-]{0,63}\\([A-Za-z0-9_][\w.-]{0,63})")
# A letter or a name, a dot, a name; an account of a service.
_ACCOUNT = re.compile(
    r"(?<![\w.@-])(?:[A-Za-z]{1,20}\.[A-Za-z]{2,30}|(?:svc|adm|ext|usr)[-_][\w-]{1,60})(?![\w@.-]*\w)"
)
_AFTER_USER = re.compile(
    r"\b(?:usuari[oa]|user|cuenta|account|emplead[oa]|employee)(?: (?:de|del|of|for|called|llamad[oa]))?"
    r" [\"'«“‘`]?([A-Za-z0-9_][\w.@+-]{0,126})"
)
_AFTER_LOGIN = re.compile(
    r"\b(?:log(?:ged|ging)?[ -]?(?:in|on)|sign(?:ed|ing)?[ -]?in|get in|entrar|acceder|sesion) (?:as|como)"
    r" [\"'«“‘`]?([A-Za-z0-9_][\w.@+-]{0,126})"
)
_NAME_AFTER = re.compile(
    r"\b(?:de|of|by|for|para|tiene|tuvo|has|had|did) ([A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,30})\b(?! [A-ZÁÉÍÓÚÑ])"
)
_HOST = re.compile(
    r"(?<![\w.@\\-])(?=[\w.-]*[A-Za-z])(?=[\w.-]*[\d-])[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)+(?![\w@\\]|[.-]\w)"
)
_AFTER_HOST = re.compile(
    r"\b(?:hosts?|equipos?|servidor(?:es)?|servers?|maquina|machine|pc|portatil|laptop|firewall|cortafuegos)"
    r" [\"'«“‘`]?([A-Za-z0-9][\w.-]{0,126}\w)"
)
_COUNT = re.compile(
    r"\b(?:top|primer[oa]s|ultim[oa]s|first|last|latest) (\d{1,5})\b(?! ?(?:h|d|min|hora|dia|hour|day|week|semana|mes"
    r"|month))"
    r"|\b(?:los|las|the) (\d{1,5}) (?:primer|ultim|first|last|latest|mas|most|top)"
)
_QUOTED = re.compile(r"[\"«“‘`]([^\"»”’`\n]{1,100})[\"»”’`]")
_LEADS_ON = r"(?:(?:de|del|la|el|los|las|of|the|on|for|sobre|llamad[oa]|called|named|:) ?)*"
_ENDS = re.compile(
    r"[?.!,;\n\"«»“”]|\b(?:en|desde|durante|in|since|during|over|for the|y|and|que|which|muestra|show|esta|is)\b"
)
_FIREWALLS = r"(?:[Ff]irewalls?|[Cc]ortafuegos|[Cc]l[uú]sters?|[Pp]areja|[Pp]air|[Nn]odos?|[Nn]odes?|HA)"
_PLACE = r"([A-ZÁÉÍÓÚÑ][a-záéíóúñü]{3,})"
_PLACES = (
    re.compile(rf"\b{_FIREWALLS}(?: HA)? (?:de|en|in|at|of) (?:la |the )?{_PLACE}"),
    re.compile(rf"\b{_PLACE} {_FIREWALLS}\b"),
)
_NO_PLACES = frozenset("palo alto panorama the which what does show this that que cual estado".split())
_MOST_WORDS = 6
_TELLING = 4  # letters of a word that can tell some firewalls from others
_NO_HOSTS = frozenset("pan-os in-sync on-call sign-in sign-ins log-in log-ins fail-over back-up globalprotect".split())
_NO_NAMES = frozenset(
    """
    a al algun alguna alguno any cada con cual cuales de del desde did do does el ella ellos en es esa ese esta este
    estan every every for fue ha had han has have hay her his hubo in is it la las le lo los mas me mi most my no of on
    or our que quien quienes se si sin some su sus that the their they this tiene tienen todos tu un una was were what
    which who with y and by bloqueada bloqueado bloqueadas bloqueados locked blocked connected conectado conectados
    activos active fallidos failed nuevos new remotos remote vpn splunk grafana globalprotect panos admin domain dominio
    servicio service hoy ayer anoche today yesterday usuario usuarios user users cuenta cuentas account accounts por
    para
    """.split()
)


def read_values(parameters: Iterable[Parameter], text: str) -> dict[str, Value]:
    """What a text names of the parameters; those that it does not name are missing.

    Args:
        parameters: that are looked for.
        text: of a message, without the words that name a time.
    """
    values: dict[str, Value] = {}
    for parameter in parameters:
        for value in _READERS[parameter.kind](text, parameter):
            if parameter.kind.takes(value) and value not in values.values():
                values[parameter.name] = value
                break
    return values


def things_in(text: str) -> tuple[str, ...]:
    """The addresses, hosts and accounts that a text names in so many characters."""
    found = (*_addresses(text), *_named_hosts(text), *_named_accounts(text))
    return tuple(dict.fromkeys(found))


def masked(text: str) -> str:
    """A text with the kind of each thing that it names in its place (``@ip``, ``@user``, ``@host``, ``@text``)."""
    text = _QUOTED.sub(" @text ", text)
    for pattern, kind in ((_MAIL, "@user"), (_DOMAIN_USER, "@user"), (_ADDRESS, "@ip"), (_ACCOUNT, "@user")):
        text = pattern.sub(f" {kind} ", text)
    return _HOST.sub(lambda found: found[0] if _is_no_host(found[0]) else " @host ", text)


def _is_no_host(name: str) -> bool:
    return fold(name) in _NO_HOSTS or fold(name).startswith("cve-")


def places_in(text: str) -> tuple[str, ...]:
    """The places whose firewalls a text asks about ("el cortafuegos de Bogotá", "the Leeds pair")."""
    found = (name for pattern in _PLACES for name in pattern.findall(text))
    return tuple(dict.fromkeys(name for name in found if fold(name) not in _NO_PLACES))


def firewalls_in(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """Those of the known firewalls that a text names, by name ("FW Madrid 2") or by what tells some from the others.

    "Madrid" means ``fw-madrid-1`` and ``fw-madrid-2`` where there are others elsewhere.
    """
    names = tuple(dict.fromkeys(known))
    said = f"-{_spelt(text)}-"
    exact = tuple(name for name in names if f"-{_spelt(name)}-" in said)
    if exact:
        return exact
    words = {
        name: {part for part in _spelt(name).split("-") if len(part) >= _TELLING and part.isalpha()} for name in names
    }
    shared = set.intersection(*words.values()) if words else set()
    return tuple(name for name in names if any(f"-{word}-" in said for word in words[name] - shared))


def without_replaced(earlier: str, newest: str, firewalls: Iterable[str]) -> str:
    """What was asked earlier, without that in whose place the newest words name another.

    Args:
        earlier: what the newest words go on with.
        newest: name, or do not, an address, an account, a host or a firewall.
        firewalls: that are known.
    """
    names = tuple(dict.fromkeys(firewalls))
    if any(_addresses(newest)):
        earlier = _ADDRESS.sub(" ", earlier)
    for named in (_named_accounts, _named_hosts):
        if any(named(newest)):
            for thing in named(earlier):
                earlier = earlier.replace(thing, " ")
    if firewalls_in(newest, names):
        telling = {part for name in names for part in _spelt(name).split("-") if len(part) >= _TELLING}
        earlier = fold(earlier) if len(fold(earlier)) != len(earlier) else earlier
        for match in re.finditer(r"[a-z]+", fold(earlier)):
            if match[0] in telling:
                earlier = earlier[: match.start()] + " " * len(match[0]) + earlier[match.end() :]
    return earlier


def _addresses(text: str, _: Parameter | None = None) -> Iterator[str]:
    for found in _ADDRESS.findall(text):
        try:
            yield str(ipaddress.ip_address(re.sub(r"[\[\]()]", "", found)))
        except ValueError:
            continue


def _users(text: str, _: Parameter | None = None) -> Iterator[str]:
    yield from _named_accounts(text)
    folded = fold(text)
    for match in (*_AFTER_USER.finditer(folded), *_AFTER_LOGIN.finditer(folded)):
        name = text[match.start(1) : match.end(1)].rstrip(".-") if len(folded) == len(text) else match[1].rstrip(".-")
        if name.lower() not in _NO_NAMES:
            yield name
    yield from (found.strip() for found in _QUOTED.findall(text))
    for name in _NAME_AFTER.findall(text):
        if fold(name) not in _NO_NAMES and fold(name) == name.lower():
            yield name.lower()


def _named_accounts(text: str) -> Iterator[str]:
    yield from _DOMAIN_USER.findall(text)
    yield from _MAIL.findall(text)
    yield from _ACCOUNT.findall(_MAIL.sub(" ", _DOMAIN_USER.sub(" ", text)))


def _hosts(text: str, _: Parameter | None = None) -> Iterator[str]:
    yield from _named_hosts(text)
    for name in _AFTER_HOST.findall(fold(text)):
        if name not in _NO_NAMES:
            yield name


def _named_hosts(text: str) -> Iterator[str]:
    for name in _HOST.findall(_ADDRESS.sub(" ", _MAIL.sub(" ", text))):
        if not (name.replace(".", "").isdigit() or _ACCOUNT.fullmatch(name) or _is_no_host(name)):
            yield name


def _spelt(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")


def _numbers(text: str, _: Parameter | None = None) -> Iterator[int]:
    for match in _COUNT.finditer(fold(text)):
        yield int(match[1] or match[2])


def _texts(text: str, parameter: Parameter | None) -> Iterator[str]:
    yield from (found.strip() for found in _QUOTED.findall(text))
    folded = fold(text)
    plain = text if len(folded) == len(text) else folded
    for word in parameter.after if parameter else ():
        for match in re.finditer(rf"\b{re.escape(fold(word))}s? {_LEADS_ON}", folded):
            rest = plain[match.end() :]
            end = _ENDS.search(fold(rest))
            words = rest[: end.start() if end else None].split()[:_MOST_WORDS]
            if words:
                yield " ".join(words)


_READERS: Mapping[Kind, Callable[[str, Parameter | None], Iterator[Value]]] = {
    Kind.IP: _addresses,
    Kind.USER: _users,
    Kind.HOST: _hosts,
    Kind.NUMBER: _numbers,
    Kind.TEXT: _texts,
}
