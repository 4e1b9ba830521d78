"""How urgent a request is, by what its user says of it."""

import re
from enum import StrEnum

from sophia.domain.intent.masking import mask
from sophia.domain.intent.verbs import fold
from sophia.domain.tickets import Priority

__all__ = ["Urgency", "urgency_of"]


class Urgency(StrEnum):
    """Why a request is as urgent as it is."""

    SAID = "said"
    OUTAGE = "outage"
    MANY = "many"
    NONE = "none"

    @property
    def priority(self) -> Priority:
        """How soon somebody should look."""
        return Priority.NORMAL if self is Urgency.NONE else Priority.HIGH


# Of folded text. What is denied ("no es urgente", "not urgent", "sin prisa") is taken out first.
_DENIED = re.compile(
    r"\b(?:no|ni|not|isn't|nada|sin|without|no need for)\b(?: \w+){0,2}"
    r" (?:urg\w+|prisas?|emergenc\w+|criti\w+|rush|hurry)"
    r"|\bno hurry\b|\bno rush\b|\bcuando puedas\b|\bwhen(?:ever)? you can\b"
)
_SAID = re.compile(
    r"\b(?:urge\w*|urgent\w*|emergenc\w+|critic[oa]s?|critical(?:ly)?|cuanto antes|lo antes posible|de inmediato"
    r"|inmediatamente|ahora mismo|ya mismo|asap|as soon as possible|immediately|right (?:now|away)|at once)\b"
)
_OUTAGE = re.compile(
    r"\b(?:caid[oa]s?|se (?:ha|han|nos ha|nos han) caido|se (?:cayo|cayeron)"
    r"|esta(?:n|mos)? (?:parad|cortad|tirad)[oa]s?"
    r"|sin servicio|corte (?:total|de servicio|general)|interrupcion"
    r"|outages?|(?:is|are|went|gone|completely) down|offline|unreachable|ransomware|intrusion|comprometid[oa]s?"
    r"|compromised|breach\w*|under attack|nos atacan|ataque en curso)\b"
)
_MANY = re.compile(
    r"\b(?:(?:a )?(?:todos|todas|varios|varias|muchos|muchas) (?:los |las |nuestros |nuestras )?"
    r"(?:usuari[oa]s|companer[oa]s|emplead[oa]s|personas|equipos|sedes|oficinas|clientes)"
    r"|tod[oa] (?:el|la) (?:equipo|empresa|oficina|sede|planta|departamento|turno|plantilla)"
    r"|nadie (?:puede|consigue|tiene)"
    r"|(?:all|several|many|multiple|most) (?:of )?(?:the |our )?(?:users|people|colleagues|employees|staff|offices"
    r"|sites|clients|customers)|everyone|everybody|nobody can|no one can"
    r"|the (?:whole|entire) (?:team|company|office|site|floor|department|shift))\b"
)


def urgency_of(text: str) -> Urgency:
    """How urgent a message says its request is; what it only quotes says nothing.

    Several users are the plainest reason, then something that is down or under attack, then that it is said to be
    urgent. A request that says none of these has no hurry.
    """
    words = _DENIED.sub(" ", " ".join(fold(mask(text)[0]).split()))
    for urgency, pattern in ((Urgency.MANY, _MANY), (Urgency.OUTAGE, _OUTAGE), (Urgency.SAID, _SAID)):
        if pattern.search(words):
            return urgency
    return Urgency.NONE
