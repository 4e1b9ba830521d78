"""The rules in words: why a query is refused and what would be right, in Spanish and in English."""

from sophia.domain.readonly.rules import Rule

__all__ = ["WORDING", "explain"]

WORDING: dict[Rule, dict[str, str]] = {
    Rule.EMPTY: {
        "es": "La consulta está vacía: escribe qué hay que consultar.",
        "en": "The query is empty: say what is to be looked up.",
    },
    Rule.SIZE: {
        "es": "La consulta tiene más de {what} caracteres: acórtala.",
        "en": "The query is longer than {what} characters: make it shorter.",
    },
    Rule.DEPTH: {
        "es": "La consulta está anidada en más de {what} niveles: usa menos.",
        "en": "The query is nested more than {what} levels deep: use fewer.",
    },
    Rule.CHARACTER: {
        "es": "La consulta contiene el carácter {what}, que no se ve o se confunde con otro: escríbela con "
        "letras, espacios y comillas corrientes, y el texto con otros signos entre comillas dobles.",
        "en": "The query contains the character {what}, which is not seen or is taken for another: write it with "
        "plain letters, spaces and quotes, and text with other signs in double quotes.",
    },
    Rule.QUOTE: {
        "es": "Las comillas no se pueden leer de una sola manera en {what}: cierra cada una, pon el texto entre "
        'comillas dobles (\\" para una dentro) y no uses acentos graves (`) dentro.',
        "en": "The quotes cannot be read in one way only at {what}: close each of them, put text in double quotes"
        ' (\\" for one inside) and use no backtick inside.',
    },
    Rule.ESCAPE: {
        "es": "Hay una barra invertida delante de {what} fuera de las comillas: pon ese texto entre comillas dobles.",
        "en": "There is a backslash before {what} outside quotes: put that text in double quotes.",
    },
    Rule.BRACKET: {
        "es": "El corchete {what} no tiene pareja: cierra cada subbúsqueda, y pon entre comillas dobles los "
        "corchetes que sean texto.",
        "en": "The bracket {what} has no partner: close each subsearch, and put brackets that are text in double "
        "quotes.",
    },
    Rule.STAGE: {
        "es": "Tras una barra vertical o un corchete falta el nombre de un comando (hay «{what}»): quita la etapa"
        " vacía o pon entre comillas dobles la barra que sea texto.",
        "en": "After a pipe or a bracket there is no name of a command (but “{what}”): take the empty stage out, "
        "or put a pipe that is text in double quotes.",
    },
    Rule.COMMAND: {
        "es": "El comando «{what}» no está entre los que solo leen: usa search, where, eval, stats, timechart, "
        "table, rex u otro de la lista permitida; una subbúsqueda que busca eventos empieza por search.",
        "en": "The command “{what}” is not among those that only read: use search, where, eval, stats, timechart,"
        " table, rex or another on the list of allowed ones; a subsearch for events begins with search.",
    },
    Rule.PIPE: {
        "es": "La búsqueda empieza por «{what}», que es el nombre de un comando: si es el comando, pon una barra "
        "vertical (|) delante; si es una palabra que se busca, ponla entre comillas dobles.",
        "en": "The search begins with “{what}”, which is the name of a command: if it is the command, put a pipe "
        "(|) before it; if it is a word to search for, put it in double quotes.",
    },
    Rule.MACRO: {
        "es": "La macro «{what}» no está entre las que tu empresa permite: escribe lo que hace, o pide que se añada.",
        "en": "The macro “{what}” is not among those that your company allows: write out what it does, or ask for"
        " it to be added.",
    },
    Rule.MACRO_ARGUMENT: {
        "es": "El argumento «{what}» se insertaría tal cual en la búsqueda: usa solo letras, cifras, espacios y ."
        " : - _ * / @ +.",
        "en": "The argument “{what}” would be put into the search as it is: use only letters, digits, spaces and "
        ". : - _ * / @ +.",
    },
    Rule.LOOKUP: {
        "es": "La tabla de consulta (lookup) «{what}» no está entre las que tu empresa permite: usa una de ellas,"
        " o pide que se añada.",
        "en": "The lookup “{what}” is not among those that your company allows: use one of those, or ask for it "
        "to be added.",
    },
    Rule.SAVED_SEARCH: {
        "es": "La búsqueda guardada «{what}» no está entre las que tu empresa permite: usa una de ellas, o pide "
        "que se añada.",
        "en": "The saved search “{what}” is not among those that your company allows: use one of those, or ask "
        "for it to be added.",
    },
    Rule.DATASET: {
        "es": "El conjunto de datos «{what}» no se puede usar aquí: usa datamodel:NOMBRE o una subbúsqueda entre "
        "corchetes.",
        "en": "The dataset “{what}” cannot be used here: use datamodel:NAME or a subsearch in brackets.",
    },
    Rule.NAME: {
        "es": "Tras «{what}» tiene que venir un nombre escrito tal cual, sin macros ni subbúsquedas, y nada que "
        "no sea suyo.",
        "en": "After “{what}” there has to be a name as it is, without macros or subsearches, and nothing that "
        "does not belong to it.",
    },
    Rule.OPTION: {
        "es": "La opción «{what}» hace algo más que leer: quítala.",
        "en": "The option “{what}” does more than read: take it out.",
    },
    Rule.SUBSEARCH: {
        "es": "«{what}» no admite aquí una subbúsqueda entre corchetes: úsala en search, where o tstats para "
        "filtrar, en append, join o union para añadir filas, y pon entre comillas dobles los corchetes que "
        "sean texto.",
        "en": "“{what}” takes no subsearch in brackets here: use one in search, where or tstats to filter, in "
        "append, join or union to add rows, and put brackets that are text in double quotes.",
    },
    Rule.SUBSEARCH_FIELDS: {
        "es": "La subbúsqueda entre corchetes no dice qué campos devuelve («{what}»): termínala con | fields "
        "CAMPO, | table CAMPO, | return CAMPO o | stats … BY CAMPO, con nombres y sin comodines.",
        "en": "The subsearch in brackets does not say which fields it gives back (“{what}”): end it with | fields"
        " FIELD, | table FIELD, | return FIELD or | stats … BY FIELD, with names and no wildcards.",
    },
    Rule.SUBSEARCH_TEXT: {
        "es": "«{what}» haría de los datos una parte del texto de la búsqueda: devuelve el campo con su propio "
        "nombre (| fields CAMPO o | return CAMPO), que no sea search ni query.",
        "en": "“{what}” would make data a part of the search's text: give the field back under a name of its own "
        "(| fields FIELD or | return FIELD), other than search or query.",
    },
    Rule.TEMPLATE: {
        "es": "El comando foreach admite solo campos nombrados uno a uno y un único eval entre corchetes («{what}»).",
        "en": "The command foreach takes only fields named one by one, and a single eval in brackets (“{what}”).",
    },
    Rule.TIME: {
        "es": "«{what}» fijaría otro intervalo de tiempo dentro de la búsqueda: quítalo y da el intervalo aparte;"
        " si es un campo, ponle otro nombre.",
        "en": "“{what}” would set another time range within the search: take it out and give the range beside the"
        " search; if it is a field, give it another name.",
    },
    Rule.XML: {
        "es": "El comando no es XML bien formado en {what}: usa solo elementos con su cierre, como "
        "<show><system><info></info></system></show>.",
        "en": "The command is not well-formed XML at {what}: use only elements that are closed, as in "
        "<show><system><info></info></system></show>.",
    },
    Rule.MARKUP: {
        "es": "El comando contiene {what} (comentario, DTD, CDATA o instrucción de proceso): usa solo elementos y"
        " texto.",
        "en": "The command contains {what} (a comment, DTD, CDATA or processing instruction): use only elements "
        "and text.",
    },
    Rule.ENTITY: {
        "es": "El comando contiene la entidad {what}: usa solo &amp; &lt; &gt; &quot; y &apos;.",
        "en": "The command contains the entity {what}: use only &amp; &lt; &gt; &quot; and &apos;.",
    },
    Rule.ATTRIBUTE: {
        "es": "El comando contiene el atributo «{what}»: solo <entry> lleva uno, name.",
        "en": "The command contains the attribute “{what}”: only <entry> has one, name.",
    },
    Rule.ROOT: {
        "es": "El comando empieza por «{what}»: solo se permite un único <show>.",
        "en": "The command begins with “{what}”: only a single <show> is allowed.",
    },
    Rule.SUBJECT: {
        "es": "«show {what}» no está entre lo que se puede consultar: usa, por ejemplo, system, "
        "high-availability, jobs o interface.",
        "en": "“show {what}” is not among what may be looked up: use system, high-availability, jobs or "
        "interface, for example.",
    },
    Rule.DATASOURCE: {
        "es": "La fuente de datos «{what}» no está entre las que tu empresa permite: da el uid de una de ellas, o"
        " pide que se añada.",
        "en": "The data source “{what}” is not among those that your company allows: give the uid of one of "
        "those, or ask for it to be added.",
    },
    Rule.DATASOURCE_TYPE: {
        "es": "El tipo de fuente de datos «{what}» no se puede consultar: solo prometheus y loki.",
        "en": "The data source type “{what}” cannot be queried: only prometheus and loki can.",
    },
    Rule.KEY: {
        "es": "La consulta contiene «{what}», que no es de Prometheus ni de Loki: escribe la consulta en expr.",
        "en": "The query contains “{what}”, which is neither Prometheus's nor Loki's: write the query in expr.",
    },
    Rule.VALUE: {
        "es": "El valor de «{what}» no es del tipo o del tamaño que corresponde: corrígelo.",
        "en": "The value of “{what}” is not of the right type or size: correct it.",
    },
}
"""A sentence for each rule and language; ``{what}`` is the part of the query that breaks it."""


def explain(rule: str, what: str, language: str) -> str:
    """Why a query is refused, in ``"es"`` or ``"en"``: the ``rule`` and ``what`` of a `sophia.errors.QueryRefused`."""
    return WORDING[Rule(rule)][language].replace("{what}", what)
