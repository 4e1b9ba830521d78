"""What the words of security operations mean, in Spanish and English: texts as sets of concepts.

Two texts in different words or languages are near when they share concepts. What is no concept known here counts as
the word that it is, so that a company's own words tell its own look-ups.
"""

import re
from functools import lru_cache

from sophia.domain.intent.verbs import fold
from sophia.domain.named_lookups.readers import masked

__all__ = ["CONCEPTS", "concepts"]

_CONCEPTS = {
    "login": r"log-?(?:in|on|ging)s?(?: in| on)?|logge[ad]n?\w*|log in|sign-?(?:in|ing)s?(?: in)?|sign in|inici(?:o"
    r"|os|ar|a|an|ado) (?:de )?sesion(?:es)?"
    r"|acces(?:os?|o al dominio)|access(?: attempts?)?|entra(?:r|do|n)?|get into|got into|autentica\w*"
    r"|authenticat\w*|contrasena|contrasenas|clave|password\w*|credencial\w*|credential\w*",
    "failed": r"fall(?:id[oa]s?|os?|a|an|ado|aron|e|en)|fail\w*|error(?:es)?(?! gp)|erroneos?|errores|wrong"
    r"|incorrect\w*|equivoca\w*|mistyp\w*|unsuccessful|sin exito"
    r"|bad|invalid\w*",
    "attack": r"fuerza bruta|brute[- ]?forc\w*|ataque|ataques|attack\w*",
    "attempt": r"intent(?:o|os|a|an|ar|ado|ando|aron)|attempt\w*|tr(?:y|ies|ied|ying)|prob(?:ar|ado|ando)|guess\w*",
    "account": r"usuari[oa]s?|users?|cuentas?|accounts?",
    "people": r"quien(?:es)?|who|gente|personas?|people|anybody|anyone|somebody|alguien|usuari[oa]s?|users?",
    "blocked": r"bloque(?:ad[oa]s?|os?|a|an|ando)|block(?:ed|s|ing)?|deneg\w*|den(?:y|ied|ies)|cort(?:ado|ada|ando|a)"
    r"|drop\w*"
    r"|rechaz\w*|reject\w*|par(?:ado|ada|ando)|stopp\w*|filtra\w*",
    "traffic": r"traf?fic\w*|trafico|conexion(?:es)?|connections?|paquetes?|packets?|conectarse a?|reach|llega\w*",
    "port": r"puertos?|ports?",
    "rule": r"reglas?|rules?",
    "address": r"ips?|direccion(?:es)?|address\w*",
    "firewall": r"firewalls?|cortafuegos|palo altos?|pan-?os|fw",
    "splunk": r"splunk|siem",
    "grafana": r"grafana|monitoriza\w*|monitoring|monitoreo",
    "alert": r"alert(?:as?|s|ing|ando)?|alarmas?|alarms?|avis(?:o|os|ado|a)|warn\w*|warnings?|deteccion(?:es)?"
    r"|detections?|detect(?:ed|o|ado)?",
    "correlation": r"correlacion|correlation|busquedas? programadas?|scheduled search\w*",
    "fired": r"salt(?:ado|aron|o|an|a)|dispar\w*|fired?|trigger\w*|gener(?:ado|o|a)|raised?|go(?:ne)? off|went off",
    "firing": r"activ[oa]s?|active|firing|sonando|suena|ringing|going off|abiertas?|open|en rojo|red|en alarma"
    r"|in alarm|disparad[oa]s?",
    "interface": r"interfa(?:z|ces)|interfaces?|ethernet\S*|enlaces?|links?|puertos?|ports?",
    "down": r"caid[oa]s?|caido|down|abajo|sin enlace|without link|no est[ae]n up|not up|apagad[oa]s?|cae|ha caido",
    "up": r"levantad[oa]s?|arriba|up",
    "ha": r"\bha\b|alta disponibilidad|high availability|cluster|clusters|pareja|pair|failover|fail over|failed over"
    r"|conmuta\w*|nodos?|nodes?",
    "sync": r"sincron\w*|sync\w*|in sync|out of sync",
    "role": r"pasiv[oa]s?|passive|primari[oa]|primary|secundari[oa]|secondary|activo o pasivo|active or passive"
    r"|nodo activo|active node|quien manda",
    "version": r"version(?:es)?|softwares?|release|con que pan-?os|which pan-?os|en que pan-?os|sw-version",
    "model": r"modelos?|model|serial\w*|numero de serie|serie",
    "uptime": r"uptime|encendid[oa]|lleva (?:arriba|encendido|funcionando)|been up|running|reboot\w*|restarted"
    r"|se reinicio|reinicio",
    "system": r"sistema|system",
    "vpn": r"vpn|globalprotect|global protect|teletrabaj\w*|remot\w*",
    "connected": r"conectad[oa]s?|connected|online|sesion(?:es)?(?! fallid)|sessions?|on (?:the )?vpn|using|usando",
    "panel": r"panel(?:es)?|panels?|dashboards?|tableros?|cuadros? de mando",
    "graph": r"grafic[oa]s?|graphs?|charts?",
    "annotation": r"anota\w*|annotat\w*|notas?|notes?|noted|apuntad[oa]s?",
    "cve": r"cve-\d{4}-\d+",
    "values": r"valor(?:es)?|values?|datos|data",
    "health": r"estado|status|state|health\w*|san[oa]|bien|como esta|how is",
}
CONCEPTS = frozenset(_CONCEPTS)
"""Their names; what else `concepts` gives are words, and kinds of named things."""

_COMPILED = tuple((name, re.compile(rf"(?<![\w@-])(?:{pattern})(?![\w-])")) for name, pattern in _CONCEPTS.items())
_WORD = re.compile(r"@?[^\W_]+(?:[-'][^\W_]+)*")
_STEM = 6
_NUMBERS = re.compile(r"\d")
_STOP = frozenset(
    """
    a al algo algun alguna alguno algunas algunos an and any are as at ayuda be been being but by can como con cual
    cuales
    cuando cuanta cuantas cuanto cuantos de del dame did dime do does donde e el ella en ensename era es esa ese eso
    esta estan estas este esto estos for from fue fueron give had ha han has have hay haya he hola how hubo i ido in
    is it la las
    le les list lista listame lo los many many more most much mucha muchas mucho muchos mas me mi mira mis my no nos
    nuestra nuestras nuestro nuestros of often on or os our
    para pasado please por porfa porque puedes que quiero saca sacame se sea ser si sido sin sobre son su sus
    tambien te tell
    tenemos tenido tiene tienen than that the their them then there these they this tiempo to todas todos tu tuvo un
    una uno unos up us ver
    veces was we were what when where which whose why will with y ya you your now currently ahora mismo momento moment
    today hello hi hey buenas buenos dias tardes sabes saber could would should out esos pull check comprueba consulta
    buscar busca look gracias thanks ok vale favor last ultima ultimo ultimas ultimos since desde between entre show
    say dice muestra muestrame over during weekend weekends fin fines number numero details detalles anda
    """.split()
)


@lru_cache(maxsize=4096)
def concepts(text: str) -> frozenset[str]:
    """What a text is about: concepts, kinds of named things (``@ip``) and stems of other words."""
    left = fold(masked(text))
    found = set()
    for name, pattern in _COMPILED:
        if pattern.search(left):
            found.add(name)
    for _, pattern in _COMPILED:
        left = pattern.sub(" ", left)
    for word in _WORD.findall(left):
        if word.startswith("@"):
            found.add(word)
        elif word not in _STOP and not _NUMBERS.search(word):
            found.add(word[:_STEM])
    return frozenset(found)
