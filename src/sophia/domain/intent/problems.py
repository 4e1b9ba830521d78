"""How people say that something does not work: one of these phrases reports a malfunction."""

from functools import cache

from sophia.domain.intent.searching import Patterns

__all__ = ["PROBLEM", "reports_problem"]

# A message that fails to work, phrases: one of these outside quotes reports a malfunction.
PROBLEM: tuple[str, ...] = (
    (
        r"(?<!\beso )\b(?:ya |casi |aun |todavia |sigue[n]? |que )?(?:no|ni|nunca|tampoco|"
        r"nadie)(?: \w+){0,2}? (?:funciona[n]?|va[n]?|anda[n]?|carga[n]?|llega[n]?|conecta[n]?|responde[n]?|"
        "imprime[n]?|arranca[n]?|prende[n]?|enciende[n]?|sincroniza[n]?|levanta[n]?|sube[n]?|recibe[n]?|"
        "recibimos|recibo|manda[n]?|envia[n]?|navega[n]?|replica[n]?|coge[n]?|agarra[n]?|detecta[n]?|"
        "reconoce[n]?|acepta[n]?|aparece[n]?|entra[n]?|graba[n]?|registra[n]?|actualiza[n]?|abre[n]?|bootea|"
        "jala[n]?|sirve[n]?|contesta[n]?|pasa[n]?|resuelve[n]?|valida[n]?|termina[n]?|completa[n]?|genera[n]?|"
        "ejecuta[n]?|marca|suena|da senal|da tono|sale|salen|suelta|acaba|furula|pita|tira|rula|chuta|ve nada|"
        r"ven|vemos|deja[n]?|dejan|permite[n]?)\b"
    ),
    (
        r"\bno (?:me |nos |le |les |te |se )?(?:deja|permite|reconoce|llega|carga|abre|conecta|coge|acepta|"
        r"funciona|aparece|muestra|manda|sale|puede|va|anda)[n]?\b"
    ),
    (
        r"\b(?:no|ni|nadie|ninguno|ninguna)(?: \w+){0,3}? (?:puedo|podemos|puede|pueden|consigo|consigue[n]?|"
        r"conseguimos|logro|logra[n]?|logramos|pude|pudimos|pudo|pudieron)\b"
    ),
    r"\bsin poder\b",
    r"\bse (?:me |nos |les? )?(?:fue|fueron|ha ido|han ido) (?:el|la|los|las)\b",
    r"\bdrop (?:when|whenever|every|after|mid|as soon)\b|\b(?:kaputt|knackered|a goner|like treacle)\b",
    r"\bse (?:ha |han )?qued(?:ado|o|aron) (?:en (?:el|la|los|las)|parad[oa]s?)\b",
    r"\bsigue[n]? (?:mostrando|en los datos)\b",
    r"\bllev(?:a|an|o|amos) (?:\w+ ){1,5}?sin \w+[aei]r(?:se)?\b",
    r"\bstuck (?:in|on|at)\b",
    r"\b(?:(?:is|are|keeps) (?:flood|hammer|saturat|swamp|clogg|hogg|eat)ing|(?:saturando|inundando|comiendo))\b",
    r"\b(?:alguien mas (?:a quien|al que|que)(?: \w+)? no|(?:is it|it's) (?:just )?me or|soy yo o)\b",
    (
        r"\b(?:nothing (?:\w+ )?(?:loads?|works?|opens?|prints?|happens)|nada (?:me |nos )?(?:carga|abre|funciona|"
        r"imprime))\b"
    ),
    r"\b(?:take[sn]?|taking) (?:an age|forever|ages)\b|\bcut(?:s|ting)? out\b|\bin circles\b|\bpacked (?:up|in)\b",
    (
        r"\b(?:clicked|clique\w*|picado|pinchado|pinche) (?:on|en)\b|\b(?:something|algo) (?:nasty|fishy|odd|strange|"
        r"raro)\b"
    ),
    r"\b(?:a su bola|se ha (?:secado|colado|ido|desincronizado))\b",
    (
        r"\b(?:esta|estan|estamos|estoy|sigue|siguen|seguimos|queda|quedo|quedaron|quedamos|lleva|llevan|"
        "llevamos|anda|andamos|aparece|sale|salen|figura|tengo|tenemos|tienen|nos|"
        r"me)(?: \w+){0,3}? (?:caid[oa]s?|roto[s]?|rota[s]?|muert[oa]s?|colgad[oa]s?|bloquead[oa]|"
        r"congelad[oa]s?|atascad[oa]s?|trabad[oa]s?|inservible[s]?|inaccesible[s]?|inutilizable|satura\w+|"
        r"lentisim\w+|lent[oa]s?|fuera de servicio|offline|sin (?:servicio|conexion|internet|linea|red|senal|"
        "sistema|correo|wifi|luz|acceso a internet)|a ciegas|en (?:rojo|negro|blanco)|parad[oa]s?|tirad[oa]s?|"
        "corrupt[oa]s?|frit[oa]s?|petad[oa]s?|desconectad[oa]s?|desincronizad[oa]s?|estropead[oa]s?|"
        r"averiad[oa]s?)\b"
    ),
    (
        r"\b(?:vpn|red|wifi|wi-fi|correo|servidor|enlace|tunel|sistema|web|portal|internet|splunk|grafana|proxy|"
        r"siem|impresora|firewall)(?: \w+){0,2}? (?:caid[oa]s?|muert[oa]|rot[oa]|lent[oa]|colgad[oa])\b"
    ),
    (
        r"\bse (?:me |nos |le |les )?(?:ha |han |esta |estan |quedo |queda |quedan |quedaron )?(?:caido|cae[n]?|"
        "cayo|cayeron|cayendo|cuelga[n]?|colgado|colgo|colgaron|congela[n]?|congelo|traba[n]?|trabo|"
        "cierra sol[oa]|cierra|corta[n]?|corto|cortado|desconecta[n]?|desconecto|reinicia[n]? sol[oa]s?|"
        "reinicia[n]?|apaga[n]?|apago|bloquea[n]?|bloqueo|rompio|rompe|roto|pierde[n]?|perdio|perdieron|"
        "para sol[oa]|paro|pararon|queda[n]?|quedo|quedaron|detuvo|calienta|estropeo|estropeado|fundio|llena|"
        r"lleno|duplica[n]?|desincroniza|satura|pillo|jodio|pierden|clava|atasca|muere|murio)\b"
    ),
    (
        r"\b(?:falla[n]?|fallando|fallo|fallaron|fallado|fallos?(?! (?:de (?:inicio|login|autent|sesion|acceso|"
        "contrasena)|por))|(?<!por )error|errores|da(?:n)? error|timeout|time out|averia|caida de|"
        r"pantalla (?:azul|gris|negra|en blanco)|pantallazo|pitido)\b"
    ),
    r"\b(?:dejo|dejaron|ha dejado|han dejado|deja) de \w+(?:ar|er|ir|le|me|se)\b",
    (
        r"\bme (?:bota|echa|saca|tira|expulsa|rechaza|rebota|sale un|sale que|dice que|da un|manda error|"
        r"pide una y otra vez|come|marca)\b"
    ),
    r"\bnos (?:bota|echa|saca|tira|expulsa|rechaza|rebota|tumba)\b",
    r"\b(?:rechaza[n]?|rebota[n]?|tumba|crashea|peta|se come|devuelve[n]?|tira(?:n)? un|lanza(?:n)? un)\b",
    (
        r"\b(?:va|van|anda|andan|iba|esta yendo|carga|cargan) (?:muy |super |re |lento|lenta|lentisim|fatal|mal|"
        "a pedales|como el|a tirones|con retraso)"
    ),
    (
        r"\b(?:tarda|tardan|demora|demoran)(?: \w+){0,4}? (?:horas?|minutos|eternidad|siglos|una vida|anos|dias|"
        r"mucho|segundos|muchisimo|eterno|treinta|demasiado|media)\b"
    ),
    (
        r"\b(?:llego|llegan|llega|entran|entrando)(?: \w+){0,3}? (?:duplicad[oa]s?|vaci[oa]s?|tarde|retraso|"
        r"corrupt[oa]s?|cortad[oa]s|sin)\b"
    ),
    r"\bno hay (?:tono|linea|luz|red|conexion|internet|senal|servicio|sistema|imagen|sonido|wifi|correo)\b",
    r"\bsin (?:telefono|tono|imagen|internet|conexion|red|servicio|sistema|linea|senal|wifi|correo|luz|vpn)\b",
    (
        r"(?<!si ves )(?<!si ve )(?<!si veis )(?<!si ven )(?<!si hay )(?<!si )\b(?:algo|hay algo) (?:raro|mal|va mal|"
        r"pasa|no va|anda mal)\b"
    ),
    (
        r"\b(?:esta|estan) (?:dando|tirando|devolviendo|rechazando|perdiendo|fallando|repartiendo|mandando|"
        r"botando|bloqueando|llenando)\b"
    ),
    (
        r"\b(?:desaparecio|desaparecieron|desaparecido|perdimos|perdio|se perdio|caduco|caducado|vencio|expiro|"
        r"reventado|revento|exploto)\b"
    ),
    (
        r"\b(?:ya |solo |nomas )?(?:da|dan|dando) (?:vueltas|problemas|guerra|lata|5\d\d|error|fallo|timeout|"
        r"un 5\d\d|4\d\d)\b"
    ),
    r"\b(?:servidor|portal|web|proxy|sistema|pagina|disco|cpu|memoria)(?: \w+){0,5}? (?:5\d\d|al 9\d|al 100)\b",
    (
        r"\b(?:is|are|was|were|'s|s|been|went|gone|goes|going|keeps going|stays|stuck|re|still|now|completely|"
        r"totally|just)(?: \w+)? (?:down|dead|broken|offline|unreachable|unusable|unresponsive|stuck|frozen|"
        "hung|bricked|toast|borked|dying|flapping|crashing|failing|hanging|freezing|dropping|rejecting|"
        "refusing|timing out|looping|locked out|throwing|erroring|blank|empty|corrupted|garbled|missing|slow|"
        "crawling|out of sync|acting up|playing up|on fire|red|drifting|spinning|full|unavailable|returning|"
        r"showing|hosed|kaput|wonky|blind)\b"
    ),
    r"\b(?:won'?t|will not|wont) \w+",
    (
        r"\b(?:can'?t|cannot|cant|couldn'?t|unable to|not able to|aren'?t able to|isn'?t able to|nobody can|"
        r"no one can|none of \w+(?: \w+){0,2} can|can'? not)\b"
    ),
    (
        r"\b(?:doesn'?t|does not|isn'?t|is not|aren'?t|are not|not|don'?t|stopped|stops|quit|no longer|never|"
        r"hasn'?t|haven'?t|didn'?t) (?:\w+ )?(?:work(?:s|ing)?|load(?:s|ing)?|respond(?:s|ing)?|connect(?:s|"
        "ing)?|boot(?:s|ing)?|start(?:s|ing)?|sync(?:s|ing)?|send(?:s|ing)?|receiv(?:e|es|ing)|print(?:s|ing)?|"
        "arriv(?:e|es|ing|ed)|ingest(?:ing)?|show(?:ing)?|log(?:ging)?|replicat(?:e|es|ing)|resolv(?:e|es|ing)|"
        "reach(?:ing|able)?|open(?:s|ing)?|accept(?:s|ing)?|recogni[sz](?:e|es|ing)|updat(?:e|es|ing)|"
        "forward(?:ing)?|ping(?:ing)?|let(?:ting)?|com(?:e|es|ing)|complet(?:e|es|ing)|finish(?:es|ing)?|"
        r"report(?:s|ing)?|reporting|playing|ring(?:ing)?|charg(?:e|ing)|talking|processing|signed in|signing)\b"
    ),
    (
        r"\b(?:fail|fails|failing|failed again|failed(?! (?:log|attempt|auth|sign|conn|job|scan|deliver|"
        "password|vpn|request|ssh|rdp|access|backup))|crash|crashes|crashed|crashing|hangs|hung|freezes|froze|"
        r"drops|dropped out|dropping|times out|timed out|timeouts?|errors?|errored|glitch|outage|malfunction\w*|"
        "bsod|blue screen|rejects|refuses|bounces|bouncing|flaps|loops|spins|stalls|stalled|jams|jamming|"
        r"disconnects|freezing|lagging|unusable|lockouts?)\b"
    ),
    r"\b(?:keep|keeps|kept|keep on) (?:\w+ )?\w+ing\b",
    r"\b(?:down|dead|broken|borked|kaput) (?:again|since|for|on|in|at|across)\b",
    (
        r"\b(?:throws?|throwing|returns?|returning|gives?|giving|gets?|getting|shows?|showing|says?|spits?|"
        r"answers?)(?: \w+){0,4}? (?:errors?|5\d\d|4\d\d|timeouts?|nothing|no data|blank|denied|warnings?)\b"
    ),
    (
        r"\b(?:lost|loses|losing|losing its|dropped|lost its)(?: \w+){0,3}? (?:connection|connectivity|contact|"
        r"sync|link|power|network|packets|signal|redundancy|quorum|wifi)\b"
    ),
    (
        r"\b(?:something(?:'s| is)?(?: \w+)? (?:wrong|off|broken|resetting|weird)|acting up|acting weird|"
        "playing up|out of order|not right|went dark|gone dark|packed up|gave up|died|has died|fell over|"
        r"falls over)\b"
    ),
    (
        r"\b(?:locked|kicked|kicks|logs|logged|throws|boots|shut) (?:me|us|him|her|them|everyone|everybody|"
        r"people)? ?out\b"
    ),
    r"\b(?:is|are) (?:taking|takes)(?: \w+){0,4} (?:ages|forever|hours?|minutes)\b",
    r"\b(?:takes|taking|took)(?: \w+){0,4} (?:ages|forever|hours?|minutes)\b",
    (
        r"\b(?:no|without) (?:internet|signal|dial ?tone|connectivity|service|sound|network|wifi|wi-fi|power|"
        r"picture|email|vpn)\b"
    ),
    r"\b(?:eats|eating|hogging|pegged|pinned|maxed|100 ?%|99 ?%)\b",
    (
        r"\b(?:en negro|en rojo|blank page|no data|sin datos|in a loop|frozen|none of (?:us|them|the|our|my)|"
        r"(?:nobody|no one)(?: \w+){0,3}? (?:can|could|is|gets?|has|receives?|sees?))\b"
    ),
    (
        r"\b(?:que (?:rayos|diablos|demonios|carajo|cono|mierda|le)|what the (?:hell|heck)) (?:pasa|ocurre|is|"
        r"happened)\b"
    ),
    r"\b(?:has|have) not \w+",
    r"\b(?:haven'?t|hasn'?t) \w+",
    r"\bnadie (?:mas )?(?!sabe|me\b|te\b|autoriz|aprob)\w+",
    r"\b(?:am i|is it|are we|is) (?:the only|just (?:me|us))\b",
    r"\b(?:soy|somos|sere|seremos) (?:el|la|los|las) unic[oa]s?\b",
    r"\b(?:anyone|anybody|someone|somebody) else (?:seeing|having|getting|unable|experiencing)\b",
    r"\ba (?:nadie|alguien|vosotros|ustedes|alguno) (?:mas )?(?:tambien )?(?:se )?(?:le|les|os)\b",
    r"\bstays? (?:(?:un)?\w+ed|shut|dark|black|gr[ae]y|off|down)\b",
    r"\b(?:ha|han) (?:encriptado|cifrado|secuestrado|hackeado|rechazado)\b",
    r"\b(?:has|have) (?:\w+ )?(?:refused|rejected|blocked|locked|kicked) (?:me|us|every|all|our|my)\b",
    r"\btakes? (?:two|three|four|several|many|\d+) (?:tries|attempts|goes)\b",
    r"\b(?:minutes?|hours?|minutos|horas) (?:off|late|behind|slow|fast|adelantad\w+|atrasad\w+|tarde|de retraso)\b",
    (
        r"\b(?:in my name|en mi nombre|i never (?:wrote|sent|asked|requested)|nunca (?:escribi|envie|mande|"
        r"pedi)|hacked|hackead\w+|hackeo|pwned|suplant\w+|impersonat\w+|stolen|robaron|robado|infected|"
        r"infectad\w+|encrypted (?:all|my|our|everything)|me han entrado|ransom note|moves by itself|"
        r"se mueve solo|mud[oa]s?|silent|skipped|atascad\w+|en cola|a duras penas|quorum)\b"
    ),
    r"\b(?:please help|help!|sos|ayuda!|auxilio|urge ayuda|we are blind|we're blind|crash-?loop\w*)\b",
    (
        r"\b(?:has|have) (?:\w+ )?(?:stopped|failed|crashed|frozen|gone|vanished|disappeared|died|broken|"
        r"dropped|expired|lapsed)\b"
    ),
)


@cache
def _phrases() -> Patterns:
    return Patterns({"problem": PROBLEM})


def reports_problem(text: str) -> bool:
    """Whether one of the phrases that report a malfunction is in a text."""
    return bool(_phrases().find(text))
