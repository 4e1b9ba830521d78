"""What the runtime says of its own, in the languages it speaks; all else it says stands in a document."""

import re
from datetime import date

from attrs import field, frozen

from sophia.domain.accents import without_accents

__all__ = ["WORDINGS", "Wording", "small_talk"]


@frozen
class Wording:
    """The phrases of one language. ``{title}``, ``{section}`` and the like are filled in where they are said."""

    found: str
    found_in_section: str
    found_also: str
    found_also_in_section: str
    found_further: str
    found_below: str
    in_language: dict[str, str] = field(hash=False)
    code: str
    code_there: str
    nothing: str
    nothing_named: str
    nothing_here: str
    unsure: str
    near: str
    near_place: str
    near_title: str
    not_named: str
    noted: str
    told_on: str
    told_here: str
    months: tuple[str, ...]
    day: str
    small_talk: dict[str, str] = field(hash=False)
    lookups: dict[str, str] = field(hash=False)

    def date(self, day: date) -> str:
        """A day, as it is written out in this language."""
        return self.day.format(day=day.day, month=self.months[day.month - 1], year=day.year)


WORDINGS = {
    "es": Wording(
        found="Esto dice «{title}»{language}:",
        found_in_section="Esto dice «{title}», apartado «{section}»{language}:",
        found_also="También en «{title}»{language}:",
        found_also_in_section="También en «{title}», apartado «{section}»{language}:",
        found_further="Y en el apartado «{section}»:",
        found_below="En otra parte del mismo documento:",
        in_language={"en": " (en inglés)", "es": " (en español)"},
        code="Ahí figura este bloque [{index}]:",
        code_there="Ahí sigue un bloque de código [{index}].",
        nothing="No he encontrado en tus documentos nada que responda a eso.",
        nothing_named="En lo que he encontrado no aparece {names}, así que no puedo responder sobre ello.",
        nothing_here="No hay ningún documento tuyo que trate de eso.",
        unsure="No estoy segura de que esto responda a lo que preguntas; es lo más cercano que he encontrado.",
        near="Lo más cercano que tengo, por si te sirve:",
        near_place="«{title}», apartado «{section}»",
        near_title="«{title}»",
        not_named="En lo que he encontrado no aparece {names}; de lo demás:\n\n",
        noted="De acuerdo. Si me preguntas por ello más adelante, te lo recordaré.",
        told_on="Según lo que me dijiste el {date}: «{said}»",
        told_here="Según lo que me has dicho en esta conversación: «{said}»",
        months=tuple(
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
        ),
        day="{day} de {month} de {year}",
        small_talk={
            "greeting": "Hola, soy SOPHIA. Pregúntame lo que necesites de la documentación de seguridad de tu empresa.",
            "thanks": "De nada. Aquí estoy si necesitas algo más.",
            "goodbye": "Hasta luego.",
            "about": (
                "Soy SOPHIA, la asistente de seguridad de tu empresa. Busco en sus documentos y te respondo con las"
                " frases exactas y dónde están; si no dicen nada, te lo digo. Lo que haya que hacer o reparar lo paso"
                " como ticket."
            ),
        },
        lookups={
            "title": "{title} ({about})",
            "where": "{title}, en {source}",
            "span": "{where}, del {start} al {end} ({zone}{words})",
            "said": ", «{words}»",
            "now": "{where}, ahora",
            "fields": "{what} [{index}]:",
            "total": "{what}: {total} en total, en {rows} filas [{index}].",
            "total_one": "{what}: {total} en total [{index}].",
            "rows": "{what}: {rows} filas [{index}].",
            "row": "{what}: una fila [{index}].",
            "none": "{what}: no consta ninguno [{index}].",
            "none_cut": "{what}: ninguno en lo que se ha podido mirar, que no es todo [{index}].",
            "none_such": "{what}: ninguna de las {seen} filas [{index}].",
            "more": "… y {more} filas más.",
            "failed": "{what}: no he podido mirarlo ({reason}), así que no sé si hay algo.",
            "not_looked": "{title}: sin mirar en {source} ({reason})",
            "ignored": "Esta consulta no distingue por {things}: lo de arriba es de todos.",
            "denied": (
                "{title}: no lo he mirado, porque tu usuario no tiene permiso para consultar {system}{permission}."
            ),
            "permission": " («{permission}»)",
            "missing": "{title}: dime {kind} y lo miro.",
            "missing.user": "de qué usuario",
            "missing.host": "de qué equipo",
            "missing.ip": "de qué dirección IP",
            "missing.number": "cuántos",
            "missing.text": "cuál (entre comillas)",
            "unknown": "{title}: no conozco {thing}. Los cortafuegos que puedo mirar son: {known}.",
            "many": "{title}: dime de qué cortafuegos, que son muchos: {known}.",
            "offered": "No tengo ninguna consulta para eso. Lo que puedo mirar en vuestros sistemas:",
            "offered_also": "Tampoco tengo ninguna consulta para eso. Lo que puedo mirar en vuestros sistemas:",
        },
    ),
    "en": Wording(
        found="This is what “{title}” says{language}:",
        found_in_section="This is what “{title}” says under “{section}”{language}:",
        found_also="Also in “{title}”{language}:",
        found_also_in_section="Also in “{title}”, under “{section}”{language}:",
        found_further="And under “{section}”:",
        found_below="Elsewhere in the same document:",
        in_language={"en": " (in English)", "es": " (in Spanish)"},
        code="This block stands there [{index}]:",
        code_there="A block of code follows there [{index}].",
        nothing="I have found nothing in your documents that answers this.",
        nothing_named="What I have found does not mention {names}, so I cannot answer about it.",
        nothing_here="None of your documents is about this.",
        unsure="I am not sure that this answers your question; it is the nearest I have found.",
        near="The nearest I have, in case it helps:",
        near_place="“{title}”, section “{section}”",
        near_title="“{title}”",
        not_named="What I have found does not mention {names}; as for the rest:\n\n",
        noted="All right. If you ask me about it later, I will remind you.",
        told_on="You told me on {date}: “{said}”",
        told_here="You told me in this conversation: “{said}”",
        months=tuple("January February March April May June July August September October November December".split()),
        day="{day} {month} {year}",
        small_talk={
            "greeting": "Hello, I am SOPHIA. Ask me whatever you need about your company's security documentation.",
            "thanks": "You are welcome. I am here if you need anything else.",
            "goodbye": "Goodbye.",
            "about": (
                "I am SOPHIA, your company's security assistant. I search its documents and answer with their"
                " exact sentences and where they stand; if they say nothing, I tell you. What has to be done or"
                " repaired I pass on as a ticket."
            ),
        },
        lookups={
            "title": "{title} ({about})",
            "where": "{title}, in {source}",
            "span": "{where}, from {start} to {end} ({zone}{words})",
            "said": ", “{words}”",
            "now": "{where}, now",
            "fields": "{what} [{index}]:",
            "total": "{what}: {total} in total, in {rows} rows [{index}].",
            "total_one": "{what}: {total} in total [{index}].",
            "rows": "{what}: {rows} rows [{index}].",
            "row": "{what}: one row [{index}].",
            "none": "{what}: none found [{index}].",
            "none_cut": "{what}: none in what could be looked at, which is not all there is [{index}].",
            "none_such": "{what}: none of the {seen} rows [{index}].",
            "more": "… and {more} more rows.",
            "failed": "{what}: I could not look ({reason}), so I do not know whether there is anything.",
            "not_looked": "{title}: not looked at in {source} ({reason})",
            "ignored": "This look-up does not tell {things} apart: the above is of all.",
            "denied": "{title}: I have not looked, because your user may not look things up in {system}{permission}.",
            "permission": " (“{permission}”)",
            "missing": "{title}: tell me {kind}, and I will look.",
            "missing.user": "of which user",
            "missing.host": "of which host",
            "missing.ip": "of which IP address",
            "missing.number": "how many",
            "missing.text": "which one (in quotation marks)",
            "unknown": "{title}: I do not know {thing}. The firewalls that I can look at are: {known}.",
            "many": "{title}: tell me which firewall, there are many: {known}.",
            "offered": "I have no look-up for that. What I can look up in your systems:",
            "offered_also": "Nor have I a look-up for that. What I can look up in your systems:",
        },
    ),
}

_GREETING = (
    r"(?:hola|buenas|buenos dias|buenas (?:tardes|noches)|que tal|hello|hi|hey|good (?:morning|afternoon|evening)"
    r"|how are you)"
)
_THANKS = (
    r"(?:(?:muchas |mil )?gracias|genial|perfecto|vale|thanks(?: a lot)?|many thanks|thank you(?: very much)?|thx|great"
    r"|perfect|ok|okay)"
    r"(?:\W+(?:muy util|me sirve|de gran ayuda|por (?:la|tu) ayuda|very helpful|that helps|for (?:the|your) help))?"
)
_GOODBYE = r"(?:adios|hasta luego|hasta manana|hasta pronto|chao|bye|goodbye|see you)"
_ABOUT = (
    r"(?:(?:y )?(?:tu )?(?:quien|que) eres(?: tu)?|como te llamas|que (?:puedes|sabes) hacer(?: por mi)?"
    r"|para que sirves|(?:en que|como) (?:me )?puedes ayudar(?:me)?|que haces|ayuda|help|who are you|what are you"
    r"|what(?:'s| is) your name|what (?:can|do) you do(?: for me)?|how can you help(?: me)?"
    r"|what can you help(?: me)? with)"
)
_ADDRESS = r"(?:\W+(?:sophia|sofia|por todo|de nuevo|again|a todos|there|everyone|so much))*"
_SMALL_TALK = tuple(
    (kind, re.compile(rf"\W*(?:{_GREETING}{_ADDRESS}\W+)?{pattern}{_ADDRESS}(?:\W+{more}{_ADDRESS})?\W*"))
    for kind, pattern, more in (
        ("about", _ABOUT, _THANKS),
        ("goodbye", _GOODBYE, _THANKS),
        ("thanks", _THANKS, rf"(?:{_THANKS}|{_GOODBYE}|sophia)"),
        ("greeting", _GREETING, _GREETING),
    )
)


def small_talk(message: str) -> str | None:
    """Which small talk a message is, all of it (a key of `Wording.small_talk`), or None."""
    plain = without_accents(message.lower().replace("’", "'")).strip()
    if not plain or len(plain) > 80:  # noqa: PLR2004 -- longer ones say something
        return None
    return next((kind for kind, pattern in _SMALL_TALK if pattern.fullmatch(plain)), None)
