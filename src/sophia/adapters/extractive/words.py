"""What questions and documents are compared by: folded words, and names that must match to the letter."""

import re
from functools import lru_cache

from sophia.domain.accents import without_accents

__all__ = ["contains", "fold", "identifiers", "names", "terms"]

# Of a pasted log, say, the first few tell what it is about; each is looked for in all that was found.
_MOST = 32

_COMPOUND = re.compile(r"[^\W_]+(?:[-_‐‑][^\W_]+)*")
_JOINT = re.compile(r"[-_‐‑]")

# Function words, and the verbs of asking: what they share with a document says nothing about its subject.
_STOP = frozenset(
    """
    a al algo alguien ante antes asi aun aunque bajo bien cada como con contra cual cuales cualquier cuando cuanta
    cuantas cuanto cuantos da dame dan de debe deben debo del desde despues dime dice dicen donde dos durante el
    ella ellas ellos en entre era es esa esas ese eso esos esta estan estar estas este esto estos explica explicame
    fue ha hace hacen hacer hago han has hasta hay la las le les lo los mas me mi mis mientras muy nada ni no nos
    nosotros nuestra nuestras nuestro nuestros o otra otras otro otros para pasa pero poco por porque pone puede
    pueden puedo pues que quien quienes sabe saber se sea segun ser si sin sobre solo son su sus tal tambien tanto
    te tenemos tener tiempo manera forma veces vez tengo ti tiene tienen tienes toda todas todo todos tras tu tus u
    un una unas uno unos usa usan usamos usar va vamos van y ya yo debemos podemos quiero necesito cuentame hola
    gracias favor about after all also am an and any are as at be because been before being but by can could did do
    does doing done explain for from often time times long way get gets give given had have having he her here him
    his how i if in into is it its itself just know let many may might more most much must my need nor not of off on
    once one only or other our out over please shall she should show so some such tell than that the their them then
    there these they this those through to too under until up us use used using very was we were what when where
    which while who whom why will with would you your yours thanks hello
    """.split()
)

_SPELT = re.compile(r"(?<![\w.-])[^\W_][\w.:/-]*[^\W_]")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_OPENING = re.compile(r"(?:^|[.!?:\n])[\s¿¡\"'«“(*]*$")
_CAPITALISED = re.compile(r"(?<![\w-])[^\W_]+(?:-[^\W_]+)*")


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The text in lower case and without accents."""
    return without_accents(text.lower())


def terms(text: str) -> tuple[str, ...]:
    """The words that carry the subject of a text, as crude stems, each once and in order."""
    found: list[str] = []
    for word in _COMPOUND.findall(fold(text)):
        parts = _JOINT.split(word)
        if len(parts) > 1:
            # PAN-OS is not about bread ("pan"), nor is pan_traffic: what is short means something else by itself.
            found.append("-".join(parts))
            parts = [part for part in parts if len(part) > 3]  # noqa: PLR2004
        found.extend(_stem(part) for part in parts if part not in _STOP and len(part) > 1)
    return tuple(dict.fromkeys(found))


def _stem(word: str) -> str:
    # The beginning of a word holds its root, whatever its gender, number or tense; longer words have longer roots.
    root = word.removesuffix("s") if len(word) > 3 else word  # noqa: PLR2004
    root = root[:-1] if len(root) > 3 and root[-1] in "aeo" else root  # noqa: PLR2004
    return root[:5] if len(root) < 8 else root[:7]  # noqa: PLR2004


def identifiers(text: str) -> tuple[str, ...]:
    """Names that stand for one thing and no other: ``CVE-2024-3400``, ``fw-madrid-2``, ``10.0.0.7``, ``soc_senior``.

    Short ones (``P1``) and mere numbers (``1.2``, ``2025``) are left out: they say too little by themselves.
    """
    return tuple(dict.fromkeys(m[0] for m in _SPELT.finditer(text) if _is_identifier(m[0])))[:_MOST]


def _is_identifier(word: str) -> bool:
    parts = _PARTS.findall(word)
    numbers = [part for part in parts if part.isdigit()]
    if len(numbers) == len(parts):
        return len(numbers) >= 4  # noqa: PLR2004 -- an address
    if numbers:
        return sum(map(len, parts)) >= 6  # noqa: PLR2004
    if "_" in word:
        return True
    # HIP-ACME-Base or PAN-OS, but not Cross-Site, which translates.
    return "-" in word and all(p[0].isupper() for p in parts) and any(len(p) > 1 and p.isupper() for p in parts)


def names(text: str) -> tuple[str, ...]:
    """Words that look like names of products, people or standards: capitals where grammar asks for none, or digits."""
    found = []
    for match in _CAPITALISED.finditer(text):
        word = match[0]
        opens = _OPENING.search(text[max(0, match.start() - 8) : match.start()]) is not None
        if len(word) < 3:  # noqa: PLR2004 -- IP, HA, PC: too common to be anybody's name
            continue
        acronym = sum(c.isupper() for c in word) > 1 or (any(c.isdigit() for c in word) and not word.isdigit())
        if acronym or (word[0].isupper() and not opens and fold(word) not in _STOP):
            found.append(word)
    return tuple(dict.fromkeys(found))[:_MOST]


def contains(text: str, name: str) -> bool:
    """Whether a name stands in a text as a whole, however its parts are joined (``SHA-256``, ``sha256``)."""
    return bool(_pattern(name).search(fold(text)))


@lru_cache(maxsize=1024)
def _pattern(name: str) -> re.Pattern[str]:
    parts = _PARTS.findall(fold(name))
    return re.compile(r"(?<![^\W_])" + r"[\W_]{0,2}".join(map(re.escape, parts)) + r"(?:e?s)?(?![^\W_])")
