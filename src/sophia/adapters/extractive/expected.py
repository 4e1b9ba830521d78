"""What kind of thing a question asks for, and whether a text holds one.

Function words such as "how long" carry no subject, yet they tell what the answer looks like: a stretch of
time, an amount, a port. An answer that shows no such thing has missed its point, however near its subject.
The idea is as old as question answering itself (Voorhees, "The TREC-8 Question Answering Track Report", 1999).
"""

import re
from enum import Enum

from sophia.adapters.extractive.words import fold

__all__ = ["Expected", "expected", "holds"]


class Expected(Enum):
    """Kinds of answers that can be told by their looks."""

    STRETCH = "stretch"
    FREQUENCY = "frequency"
    MOMENT = "moment"
    MONEY = "money"
    NUMBER = "number"
    PORT = "port"
    ADDRESS = "address"
    VERSION = "version"
    COMMAND = "command"
    WHO = "who"
    DEFINITION = "definition"


_UNIT = (
    r"(?:segundos?|minutos?|min|horas?|h|dias?|semanas?|mes(?:es)?|trimestres?|semestres?|anos?"
    r"|seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?)"
)
_COUNT = (
    r"(?:\d[\d.,]*|un|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|quince|veinte|treinta|noventa"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|ninety|an?|half)"
)
_STRETCH = (
    rf"\b{_COUNT}[\s-]+(?:\w+[\s-]+)?{_UNIT}\b|\bcada\s+(?:\w+\s+)?(?:noche|dia|hora|semana|mes|ano|trimestre|lunes|domingo)"
    r"|\bevery\s+(?:\w+\s+)?(?:night|day|hour|week|month|year|quarter|monday|sunday)"
    r"|\b(?:diari|semanal|quincenal|mensual|bimestral|trimestral|semestral|anual)\w*"
    r"|\b(?:daily|nightly|hourly|weekly|fortnightly|monthly|quarterly|yearly|annual(?:ly)?|immediately|inmediatamente)\b"
)
_MONTH = (
    r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)"
)
_MOMENT = (
    rf"\b\d{{1,2}}[:.h]\d{{2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:de\s+)?{_MONTH}|\b{_MONTH}\s+(?:de\s+)?\d|\b(?:19|20)\d\d\b"
    r"|\b(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|(?:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b"
)

_TIMES = (
    r"\b(?:cada|todos\s+los|todas\s+las)\s+(?:\w+\s+)?(?:noche|dia|hora|minuto|segundo|semana|quincena|mes|ano|trimestre|semestre|lunes|martes"
    r"|miercoles|jueves|viernes|sabado|domingo)s?|\bcada\s+\d+"
    r"|\b(?:una vez|\w+ veces)\s+(?:al|a la|por|cada)\b"
    r"|\bevery\s+(?:\w+\s+)?(?:night|day|hour|minute|second|week|month|year|quarter|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
    r"|\b(?:once|twice|\w+ times)\s+(?:an?|per|every|each)\b|\beach\s+(?:night|day|hour|week|month|year|quarter)\b"
    r"|\b(?:diaria|semanal|quincenal|mensual|bimestral|trimestral|semestral|anual)(?:mente)?\b"
    r"|\b(?:daily|nightly|hourly|weekly|fortnightly|monthly|quarterly|yearly|annual(?:ly)?)\b"
)

_HOLDS = {
    Expected.FREQUENCY: re.compile(_TIMES),
    Expected.STRETCH: re.compile(_STRETCH),
    Expected.MOMENT: re.compile(f"{_MOMENT}|{_STRETCH}"),
    Expected.MONEY: re.compile(r"[€$£]\s?\d|\d[\d.,]*\s*(?:[€$£]|(?:mil|millones de|million)?\s*(?:euros?|eur|usd|dolares|dollars|pounds|libras|pesos))"),
    Expected.NUMBER: re.compile(rf"\b{_COUNT}\b|\d"),
    Expected.PORT: re.compile(r"\b(?:tcp|udp|port|ports|puertos?)\b\D{0,20}\d|\b\d{2,5}\s*/\s*(?:tcp|udp)|(?:tcp|udp)\s*/\s*\d"),
    Expected.ADDRESS: re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}|\bvlan\W{0,4}\d|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,}"),
    Expected.VERSION: re.compile(r"\b\d+\.\d+(?:\.\w+)?(?:-\w+)?\b"),
    Expected.COMMAND: re.compile(r"`[^`]{4,}`|^\s*(?:sudo|show|request|set|index=|\|)\b"),
    Expected.DEFINITION: re.compile(
        r"\b(?:is|are|es|son|means|significa|refers to|se refiere|consists?|consiste|occurs?|ocurren?|definition|definicion"
        r"|allows?|permite\w*|happens?|sucede)\b"
    ),
    Expected.WHO: re.compile(
        r"\b(?:equipo|responsable|jef[ae]\w*|direccion|director\w*|comite|gerente|gerencia|propietari[oa]|oficina|analista|"
        r"administrador\w*|coordinador\w*|ciso|cio|cto|dpo|soc|mesa|proveedor|team|manager|lead|owner|head|board|committee|"
        r"officer|analyst|administrator|engineer|desk|director|custodian|on-call|guardia|turno|supplier|group|grupo)\b"
    ),
}  # fmt: skip

_ASKS = (
    # The length of a password, not how long it lasts.
    (Expected.NUMBER, re.compile(r"\bhow long\b.*\b(?:pass(?:word|phrase|code)s?|pins?|keys?|names?)\b(?: \w+){0,3}? be\W*$|\bhow long (?:is|are)(?: \w+){0,3} (?:pass(?:word|phrase|code)|pin)s?\W*$")),
    (Expected.FREQUENCY, re.compile(r"\bcada cuanto|\b(?:con|a) (?:que|cuanta) (?:frecuencia|periodicidad)|\b(?:que|cual es la) (?:frecuencia|periodicidad)|\bcuantas veces (?:al?|por|se)\b|\bhow (?:often|frequently|regularly|many times (?:an?|per|each))\b|\bwhat(?:'s| is)? (?:the )?frequency")),
    (Expected.MONEY, re.compile(r"\bcuanto\s+(?:dinero|cuesta|costo|vale|importe)|\b(?:importe|coste|precio)\b|\bhow much (?:money|did|does|was|were)|\bwhat (?:amount|price|cost)|\bhow expensive")),
    (Expected.STRETCH, re.compile(r"\bcuant[oa]s?\s+(?:tiempo|dura\w*|tarda\w*|dias?|horas?|minutos?|semanas?|mes(?:es)?|anos?)\b|\b(?:hasta|por|durante|en)\s+cuanto|\bque\s+(?:plazo|periodo|frecuencia)|\bplazo\b|\bfrecuencia\b|\bcuanto\s+(?:se\s+)?(?:conserva|guarda|retiene|mantiene|caduca)\w*|\bhow (?:long|soon|quickly|fast|late|many (?:seconds|minutes|hours|days|weeks|months|years))\b|\bwhat (?:deadline|frequency|interval|period)|\bwhen (?:do|does|will) .*\bexpires?\b|\bdeadline\b|\bretention\b|\bretencion\b")),
    (Expected.MOMENT, re.compile(r"\bcuando\b|\ba que hora|\b(?:que|cual)\s+(?:dia|fecha|hora|horario)|\bwhen\b|\bwhat (?:time|date|day)\b|\bwhich (?:date|day)\b|\bsince when|desde cuando")),
    (Expected.PORT, re.compile(r"\b(?:que|cual(?:es)?|en que|por que)\s+(?:\w+\s+){0,2}puertos?\b|\b(?:what|which)\s+(?:\w+\s+){0,2}ports?\b")),
    (Expected.ADDRESS, re.compile(r"\b(?:que|cual(?:es)?)\b.{0,24}\b(?:ip|ips|direccion ip|rango|subred|red|segmento|vlan|direccionamiento)\b|\b(?:what|which)\b.{0,24}\b(?:ip|ips|address range|range|subnet|network|vlan|cidr|address space)\b")),
    (Expected.VERSION, re.compile(r"\b(?:que|cual)\b.{0,16}\bversion|\b(?:what|which)\b.{0,16}\b(?:version|release|hotfix)")),
    (Expected.COMMAND, re.compile(r"\bcomandos?\b|\bcommands?\b|\b(?:que|cual) (?:busqueda|consulta)\b|\b(?:what|which) (?:search|query)\b|\bsintaxis\b|\bsyntax\b")),
    (Expected.WHO, re.compile(r"\bquien(?:es)?\b|\bwho(?:se|m)?\b|\ba quien\b|\bque (?:equipo|rol|persona|area|departamento)\b|\bwhich (?:team|role|person|department|group)\b")),
    (Expected.DEFINITION, re.compile(r"^\W*(?:(?:que|quien) (?:es|son|significa)|en que consiste|what(?:'s| is| are| does)|define|explain what)\b(?!.*\b(?:length|limit|size|threshold|longitud|limite)\b)")),
    (Expected.NUMBER, re.compile(r"\bcuant[oa]s?\b|\bhow (?:many|much|big|large|far)\b|\bque (?:longitud|tamano|porcentaje|numero|umbral|limite)\b|\bwhat (?:length|size|percentage|number|threshold|limit|score)\b|\b(?:minim[oa]|maxim[oa]|minimum|maximum)\b")),
)  # fmt: skip


def expected(question: str) -> Expected | None:
    """What kind of thing answers a question, in Spanish or English; None where its looks do not tell."""
    folded = fold(question)
    return next((kind for kind, asks in _ASKS if asks.search(folded)), None)


def holds(kind: Expected, text: str) -> bool:
    """Whether a text has a thing of this kind in it."""
    return _HOLDS[kind].search(fold(text)) is not None
