"""Tells Spanish from English, in messages of a few words and in documents."""

import re
import unicodedata

from sophia.domain.accents import without_accents
from sophia.domain.intent.masking import mask

__all__ = ["detect_language", "language_of_message"]

_SAMPLE = 20_000

# A word counts once for its language. What both languages write alike ("no", "me", "actual") is in neither.
_SPANISH = frozenset(
    """
    el la los las un una unos unas del al de en y o u que quien quienes cual cuales como cuando cuanto cuanta
    cuantos cuantas donde por para con sin sobre entre desde hasta segun contra hacia tras mi mis tu tus su sus
    nuestro nuestra nuestros nuestras se le les lo nos yo ella ellos ellas usted ustedes esto eso este esta estos
    estas ese esa esos esas aquel hay es ser estan estoy estamos fue fueron era sido soy somos eres tengo tiene
    tienes tenemos tienen tener puede puedo puedes podemos pueden poder debo debe deben debemos deberia hace hacen
    hacer hago hacemos haz quiero quiere queremos necesito necesita dime dame di ponme muestra explica explicame
    busca lista resume cuentame ayuda pasa pasame abre cierra crea revisa mira cada mas menos muy mucho muchos mucha
    tambien pero porque si ya aun todavia hoy ayer manana semana dia dias mes ano horas hora ahora antes despues
    nunca siempre todo toda todos todas carga bloquea desbloquea reinicia borra anade algo alguien nadie otro otra
    otros cambio cambios clave claves contrasena contrasenas usuario usuarios cuenta cuentas equipo equipos red
    redes regla reglas puerto puertos acceso accesos politica politicas incidente incidentes cortafuegos copia
    copias parche parches plazo plazos datos registro registros alerta alertas sede empresa proveedor proveedores
    correo correos servidor servidores permiso permisos bloqueo bloqueado baja alta aviso norma caducan caduca dura
    gracias hola buenos buenas tardes noches vale adios sabe sabes falla fallan funciona va van vamos voy
    """.split()
)
_ENGLISH = frozenset(
    """
    the an of to and or is are was were be been being am do does did doing done have has had having i you he she it
    we they my your his her its our their this that these those what which who whom whose when where why how can
    could should would will shall may might must with without from into onto about for on in at by as if then than
    not there here any some all each every more most less many much few i'm let's please thanks thank hello hi hey
    good morning bye tell show give find explain list help need want get set use using make know open close check
    look run password passwords user users account accounts rule rules policy policies port ports access network
    networks device devices patch patches deadline deadlines log logs backup backups change changes company vendor
    vendors supplier suppliers contractor contractors employee employees new old last next first today yesterday
    tomorrow week day days month year hours hour now before after never always ever only also because but so yes
    okay long often one two other others another same key keys fails failed working works work block blocked allowed
    between during against under over up down out off isolate kill reset restart lost timeout session revoke unlock
    rotate
    """.split()
)
_SPANISH_ENDING = re.compile(
    r"(?:cion|ciones|sion|siones|dad|dades|mente|ando|iendo|amos|emos|imos|aron|ieron|aba|aban|ido|idos|ida|idas|ado|ados"
    r"|adas|ias?|ario|arios|ador|adora|adores|iento|ientos|uel[ao]s?|[aei]r(?:se|lo|la|los|las|me|nos)|ll[aeo]s?|rr[aeo]s?)$"
)
_ENGLISH_ENDING = re.compile(
    r"(?:tion|tions|ing|ings|ness|ment|ments|ity|ities|ly|ed|ers|ful|n't|'s|less|ght|ck|cks|sh|th|wn|ws|ty|ry|ies|ous|ould)$"
)
_SPANISH_LETTER = re.compile(r"[¿¡ñáéíóúü]")
_SPACED = re.compile(r"\S+")
_PLAIN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def detect_language(text: str, default: str) -> str:
    """``"es"`` or ``"en"``, whichever the text is written in; ``default`` where it does not tell.

    Names with digits, dots or dashes in them (``fw-madrid-2``, ``index.html``) are not counted: they
    belong to no language.
    """
    spanish = english = 0.0
    for spaced in _SPACED.findall(unicodedata.normalize("NFC", text[:_SAMPLE]).lower()):
        match = _PLAIN.fullmatch(spaced.strip("¿¡?!.,;:()[]{}«»“”\"'*_`#…"))
        spanish += spaced[0] in "¿¡"
        if match is None:
            continue
        accented = match[0]
        word = without_accents(accented).replace("’", "'")
        spanish += (word in _SPANISH) + 0.5 * bool(_SPANISH_LETTER.search(accented))
        english += word in _ENGLISH
        if len(word) > 3 and word not in _SPANISH and word not in _ENGLISH:  # noqa: PLR2004 -- shorter ones tell nothing
            spanish += 0.4 * bool(_SPANISH_ENDING.search(word))
            english += 0.4 * bool(_ENGLISH_ENDING.search(word))
    if spanish == english:
        return default
    return "es" if spanish > english else "en"


def language_of_message(text: str, default: str) -> str:
    """The language of a user's own words; that of what they quote where those do not tell, and else ``default``."""
    return detect_language(mask(text)[0], detect_language(text, default))
