"""The words that the intent classifier knows, as data: what each list is for stands above it.

Spanish verbs are infinitives; ``:ie``, ``:ue`` and ``:i`` name the vowel change of the stressed
stem (cerrar:ie, cierra). English verbs are base forms, with irregular past forms after a slash
(withdraw/withdrew/withdrawn). Everything is lower case and without accents unless an accent tells two words apart.
"""

__all__ = [
    "ABOUT_TEXT",
    "ADOPTS",
    "ASKS_FIRST",
    "CLITICS",
    "DESIRE",
    "ENGLISH_CONTRADICTIONS",
    "ENGLISH_FUNCTION",
    "ENGLISH_VERBS",
    "GENERAL",
    "GREETING",
    "HOWTO",
    "HYPOTHETICAL",
    "LACKS",
    "LAUGHS",
    "NEGATION",
    "NOMINAL",
    "NORM",
    "NOT_VERBS",
    "NOUNS",
    "NO_ACTION",
    "OPENERS",
    "OWN",
    "PHRASES",
    "POLITE",
    "PROBLEM",
    "PURPOSE",
    "RESOLVED",
    "SHORTHAND",
    "SIGNATURES",
    "SPANISH_FUNCTION",
    "SPANISH_IRREGULAR",
    "SPANISH_VERBS",
    "STATUS",
    "WANTS_TO_KNOW",
    "WH_WORDS",
]

# What a verb asks for. change/create/fix: somebody has to act. read: look a state up. tell: explain.
# write: compose or transform text. ticket: pass on to somebody. light: the object decides (dar, hacer, get, make).
SPANISH_VERBS: dict[str, str] = {
    "change": """
        bloquear desbloquear cerrar:ie aislar desaislar rotar reiniciar parchear parchar actualizar revocar borrar
        eliminar suprimir quitar retirar deshabilitar inhabilitar habilitar activar desactivar apagar encender:ie
        prender cambiar modificar mover:ue migrar renombrar restablecer resetear reestablecer restaurar revertir:ie
        deshacer cortar tumbar matar limpiar purgar vaciar expulsar echar suspender cancelar anular ampliar aumentar
        subir bajar reducir forzar:ue liberar soltar:ue permitir denegar:ie prohibir excluir exceptuar exentar eximir
        meter sacar renovar:ue extender:ie prorrogar ajustar afinar desconectar reconectar desinstalar
        reinstalar formatear wipear redirigir apuntar silenciar mutear aplicar cargar devolver:ue tirar congelar
        pausar detener descifrar cifrar encriptar enrutar restringir limitar endurecer reasignar
        transferir:ie degradar promover:ue elevar sustituir reemplazar rearrancar arrancar desregistrar despublicar
        desvincular retrasar adelantar adelgazar podar depurar filtrar banear vetar capar destapar regresar
        reactivar rehabilitar reimaginar blanquear relajar bypassear botar desplazar reubicar corregir:i sincronizar
        resincronizar rebootear resetar clausurar tapar desmontar desconfigurar reconfigurar particionar liquidar
        trasladar desasignar retomar conmutar recortar endosar unificar fusionar rebajar decomisar actualizar
        confinar contener poner dejar pasar volver:ue quitarle
        """,
    "create": """
        crear instalar desplegar:ie implementar implantar provisionar aprovisionar conceder otorgar asignar emitir
        expedir inscribir enrolar registrar incorporar integrar conectar construir levantar entregar
        tramitar gestionar sembrar:ie habilitar añadir agregar sumar incluir montar configurar matricular
        dotar publicar proveer generar armar autorizar programar abrir conseguir:i facilitar proporcionar
        regalar prestar colaborar comprar adquirir contratar reservar onboardear suscribir invitar plantar anexar
        disponibilizar reponer alojar hospedar cablear tender parametrizar
        """,
    "fix": """
        arreglar reparar solucionar resolver:ue recuperar subsanar revivir destrabar remediar atender:ie
        componer desatascar diagnosticar normalizar estabilizar investigar reestablecer
        """,
    "read": """
        mostrar:ue listar ver mirar buscar consultar revisar comprobar:ue verificar checar chequear confirmar
        averiguar fijar comparar obtener extraer localizar leer exportar analizar contrastar rastrear monitorear
        calcular sumarizar enumerar visualizar ojear desglosar recopilar cruzar volcar:ue echar correr ejecutar lanzar
        cotejar descargar enseñar medir:i graficar
        """,
    "tell": """
        explicar decir contar:ue aclarar recordar:ue detallar orientar describir definir ilustrar indicar informar
        comentar razonar precisar señalar especificar instruir guiar asesorar aconsejar recomendar:ie avisar
        responder citar entender:ie saber conocer aprender
        """,
    "write": """
        redactar escribir componer traducir resumir reescribir reformular preparar elaborar proponer
        convertir:ie ordenar inventar acortar simplificar mejorar formular dibujar esbozar sintetizar suavizar
        corregir:i puntuar parafrasear transcribir bosquejar idear imaginar versionar maquetar resaltar abreviar
        reordenar completar sugerir:ie pulir adaptar
        """,
    "ticket": "escalar derivar elevar remitir reportar canalizar turnar transmitir encargar tramitar",
    "light": "dar hacer poner pasar sacar abrir traer mandar enviar armar montar generar dejar tener pedir:i solicitar "
    "levantar preparar lanzar ejecutar correr tomar pegar meter compartir ayudar conseguir:i facilitar agregar",
}

# Spanish forms that the conjugator does not make: verb, mood, forms.
SPANISH_IRREGULAR: tuple[tuple[str, str, str], ...] = (
    ("decir", "imp", "di decí dí"),
    ("decir", "sub", "diga digan digas digamos"),
    ("decir", "pres2", "dices decis decís"),
    ("decir", "pres3p", "dicen"),
    ("decir", "pret", "dijo dijeron dije dijiste dijimos"),
    ("hacer", "imp", "haz hacé"),
    ("hacer", "sub", "haga hagan hagas hagamos"),
    ("hacer", "pret", "hizo hicieron hice hiciste hicimos hicisteis"),
    ("hacer", "part", "hecho hecha hechos hechas"),
    ("hacer", "isub", "hiciera hicieran hicieras hiciéramos hicieses hiciese"),
    ("deshacer", "imp", "deshaz"),
    ("deshacer", "sub", "deshaga deshagan"),
    ("poner", "imp", "pon poné"),
    ("poner", "sub", "ponga pongan pongas pongamos"),
    ("poner", "pret", "puso pusieron puse pusiste pusimos pusisteis"),
    ("poner", "part", "puesto puesta puestos puestas"),
    ("poner", "isub", "pusiera pusieran pusieras pusiéramos pusiese"),
    ("reponer", "imp", "repon repón"),
    ("reponer", "sub", "reponga repongan"),
    ("proponer", "imp", "propon propón"),
    ("proponer", "sub", "proponga propongan propongas"),
    ("componer", "imp", "compon compón"),
    ("componer", "sub", "componga compongan"),
    ("dar", "imp", "da"),
    ("dar", "sub", "dé den des deis demos"),
    ("dar", "pres2", "das dais"),
    ("dar", "pret", "dio dieron di diste dimos disteis"),
    ("dar", "isub", "diera dieran dieras diéramos diese"),
    ("ver", "sub", "vea vean veas veamos"),
    ("ver", "pret", "vio vieron vi viste vimos"),
    ("ver", "part", "visto vista vistos"),
    ("traer", "sub", "traiga traigan traigas"),
    ("traer", "pret", "trajo trajeron traje"),
    ("tener", "imp", "ten"),
    ("tener", "sub", "tenga tengan tengas"),
    ("tener", "pret", "tuvo tuvieron tuve tuvimos"),
    ("tener", "isub", "tuviera tuvieran tuviéramos tuviese"),
    ("detener", "imp", "deten detén"),
    ("detener", "sub", "detenga detengan detengas"),
    ("contener", "imp", "conten contén"),
    ("contener", "sub", "contenga contengan"),
    ("obtener", "imp", "obten obtén"),
    ("obtener", "sub", "obtenga obtengan"),
    ("abrir", "part", "abierto abierta abiertos abiertas"),
    ("escribir", "part", "escrito escrita escritos"),
    ("reescribir", "part", "reescrito"),
    ("suscribir", "part", "suscrito"),
    ("resolver", "part", "resuelto resuelta"),
    ("devolver", "part", "devuelto devuelta"),
    ("saber", "sub", "sepa sepan sepas"),
    ("saber", "pret", "supo supieron supe"),
    ("conocer", "sub", "conozca conozcan"),
)

# Enclitic pronouns, longest first.
CLITICS: tuple[str, ...] = tuple(
    """
    noslas noslos nosla noslo melas melos selas selos telas telos oslas oslos mela melo sela selo tela telo osla oslo
    nosle mele las los les nos la lo le me te se os sen
    """.split()
)

ENGLISH_VERBS: dict[str, str] = {
    "change": """
        block unblock allow whitelist allowlist blacklist blocklist denylist open close shut/shut/shut isolate
        quarantine release contain rotate restart reboot reload bounce patch update upgrade downgrade revoke
        delete remove purge drop kill terminate disable enable activate deactivate turn switch unlock lock
        reset/reset/reset change modify edit adjust tweak tune raise lower increase decrease bump extend renew
        shorten move migrate transfer rename restore revert undo/undid/undone rollback wipe reimage reinstall
        uninstall apply push cut/cut/cut disconnect reconnect detach expire suspend pause resume stop start fail
        force enforce restrict limit tighten exempt exclude mute silence snooze sinkhole blackhole throttle
        redirect point route reroute decommission retire kick flush clear empty drain resize expand shrink strip
        take/took/taken yank swap replace encrypt decrypt flip merge redeploy cancel deny ban segment harden
        power boot reassign demote promote withdraw/withdrew/withdrawn cordon evict untag scrub nuke unblacklist
        reprovision roll cycle downscale upscale reissue resync sync unenroll unenrol deprovision pin unpin
        refresh relax loosen truncate archive rekey bring/brought/brought put/put/put rebuild/rebuilt/rebuilt
        remediate reverse shift lift scrap bin sever unplug sunset thaw unfreeze dismantle deregister cap whack
        wind drag erase zap fence trash eject blank clean free restrain trim unmute void axe ditch chop
        hold/held/held
        """,
    "create": """
        create provision deploy install onboard enrol enroll grant issue assign build/built/built generate configure
        register allocate order arrange organise organize plant schedule establish integrate connect invite mint
        add spin stand/stood/stood hook implement commission licence license subscribe procure setup ingest
        activate admit roll equip supply forward
        """,
    "fix": "fix repair resolve sort troubleshoot investigate diagnose recover revive mend rectify remedy address "
    "solve unstick correct debug",
    "read": """
        show list check pull fetch search look count verify confirm query see/saw/seen grab compare display
        read/read/read dump retrieve export run/ran/run lookup find/found/found fish dig report inspect calculate
        plot graph chart trace enumerate monitor review
        """,
    "tell": """
        explain tell/told/told describe define clarify remind teach/taught/taught elaborate outline walk guide
        advise know/knew/known understand/understood/understood learn educate
        """,
    "write": """
        write/wrote/written draft translate summarise summarize rewrite/rewrote/rewritten rephrase proofread shorten
        word compose prepare correct polish convert reword boil brainstorm suggest paraphrase format sketch edit
        reformat invent jot say simplify condense spellcheck tidy imagine
        """,
    "ticket": "escalate raise log file submit lodge refer hand pass route forward",
    "light": "give/gave/given get/got/got/gotten make/made/made do/did/done set/set/set have/had/had put/put/put "
    "open send/sent/sent take/took/taken turn run/ran/run pull share help let/let/let "
    "bring/brought/brought arrange come/came/come report",
}

# What a light verb is asked to bring: the first of these found after it decides what the request is.
NOUNS: dict[str, str] = {
    "info": """
        lista listado informe reporte grafica grafico estadisticas estadistica cantidad total cifra cifras top
        logs log eventos evento historial historico detalle detalles estado estatus status version versiones
        porcentaje metricas uptime resultado resultados busqueda tendencia comparativa datos dato ranking
        recuento conteo resumen actividad desglose relacion evidencia consumo trafico latencia ocupacion
        temperatura salida intentos conexiones fallos sesiones alertas list report count stats statistics graph
        chart events history details figures breakdown timeline results output trend metrics activity query
        search throughput latency usage volume talkers names hits percentage entries records alerts cambios
        changes extract extracto failed fallidos everything board conteos recuentos figuras curva curve vistazo
        ojo look glance estadistico reading readings snapshot inventario inventory
        """,
    "text": """
        correo mail email borrador texto plantilla parrafo tabla script consulta chiste poema mensaje aviso
        comunicado carta post presentacion diapositiva diapositivas slogan eslogan checklist esquema guion ejemplo
        traduccion nota acta resumen redaccion frase frases titulo titulos idea ideas preguntas cuestionario cartel
        respuesta version comparativa chuleta metafora analogia refran glosario infografia esqueleto discurso tweet
        draft template paragraph table snippet joke poem message announcement letter slide slides
        example sample translation note notes minutes summary sentence headline title ideas questions quiz poster
        wording reply synonym analogy story outline speech memo bullets bullet rhyme haiku blurb playbook regex
        tagline newsletter one-liner oneliner pseudocode tips tip cheat cheatsheet recipe riddle
        """,
    "access": """
        acceso accesos permiso permisos licencia licencias cuenta cuentas usuario usuarios rol token credencial
        credenciales buzon certificado llave tarjeta vm maquina servidor portatil laptop notebook agente sensor
        panel tablero dashboard alerta tunel vlan bucket grupo alta perfil bastion clave apikey key indice
        repositorio carpeta colector sonda mailbox access permission permissions rights licence license licences
        licenses account accounts user login logins role credentials certificate cert badge machine server agent
        tunnel group profile folder share seat yubikey instance cluster sandbox environment namespace database
        subnet collector alert monitor sim movil celular telefono phone headset extension espacio workspace
        channel canal webhook endpoint conector connector vpn mfa admin viewer safe probe feed subscription
        suscripcion codes codigos codigo index ips gafete carne credencial equipo monitoreo entorno honeypot
        alias vault enrolment onboarding
        """,
    "target": """
        puerto puertos regla reglas firewall cortafuegos ip dominio contrasena contrasenas password passwords
        sesion servicio proxy politica switch router interfaz interface rule rules port ports domain session
        service policy policies host hosts node nodo nodos exclusion excepcion exception rango range subred whitelist
        blacklist cuarentena quarantine backup copia antivirus edr waf dns dhcp url sitio web umbral threshold
        lista-blanca timeout cuota quota restart reboot rollback reinicio reset restore failover
        """,
    "ticket": """
        ticket tickets caso incidencia incidente parte solicitud peticion case incident request tiquete folio
        reclamo orden cr chg inc req aviso
        """,
}

# A message that fails to work, phrases: one of these outside quotes reports a malfunction.
PROBLEM: tuple[str, ...] = (
    (
        r"\b(?:ya |casi |aun |todavia |sigue[n]? |que )?(?:no|ni|nunca|tampoco|"
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
    r"\b(?:algo|hay algo) (?:raro|mal|va mal|pasa|no va|anda mal)\b",
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
    r"\b(?:locked|kicked|kicks|logs|logged|throws|boots|shut) (?:me|us|him|her|them|everyone|everybody|people)? ?out\b",
    r"\b(?:is|are) (?:taking|takes)(?: \w+){0,4} (?:ages|forever|hours?|minutes)\b",
    r"\b(?:takes|taking|took)(?: \w+){0,4} (?:ages|forever|hours?|minutes)\b",
    (
        r"\b(?:no|without) (?:internet|signal|dial ?tone|connectivity|service|sound|network|wifi|wi-fi|power|"
        r"picture|email|vpn)\b"
    ),
    r"\b(?:eats|eating|hogging|pegged|pinned|maxed|100 ?%|99 ?%)\b",
    (
        r"\b(?:en negro|en rojo|blank page|no data|sin datos|in a loop|frozen|nobody|no one|none of (?:us|them|"
        r"the|our|my))\b"
    ),
    r"\b(?:que (?:rayos|diablos|demonios|carajo|cono|mierda|le)|what the (?:hell|heck)) (?:pasa|ocurre|is|happened)\b",
    r"\b(?:has|have) not \w+",
    r"\b(?:haven'?t|hasn'?t) \w+",
    r"\bnadie (?:mas )?(?!sabe|me\b|te\b|autoriz|aprob)\w+",
    r"\b(?:am i|is it|are we|is) (?:the only|just (?:me|us))\b",
    r"\b(?:soy|somos|sere|seremos) (?:el|la|los|las) unic[oa]s?\b",
    r"\b(?:anyone|anybody|someone|somebody) else (?:seeing|having|getting|unable|experiencing)\b",
    r"\ba (?:nadie|alguien|vosotros|ustedes|alguno) (?:mas )?(?:tambien )?(?:se )?(?:le|les|os)\b",
    r"\bstays? (?:un)?\w+ed\b",
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

# The user's own: a malfunction of these is theirs, not a general question.
OWN = r"\b(?:mi|mis|me|nos|nuestr[oa]s?|tengo|tenemos|estoy|estamos|my|our|ours|me|us|we|i|i'm|we're|im)\b"

# In general, usually, typical: the malfunction is nobody's in particular.
GENERAL = (
    r"\b(?:en general|generalmente|normalmente|normally|usually|typically|in general|generally|suele[n]?|"
    "soler|tipic[oa]s?|typical|common|comun(?:es)?|habitual(?:es|mente)?|curiosidad|curious|curioso|examen|"
    r"exam|teoric[oa]\w*|in theory|en teoria|en terminos generales|en lineas generales|por lo general|"
    "commonly|as a rule|in principle|en principio|broadly|que significa|what does .{1,60} mean|"
    "que quiere decir|what is meant|what makes|que provoca|que causa|que puede causar|what causes|"
    r"what could cause|que hace que|usual suspects|por que se producen|para que sirve)\b"
)

# What decides that a "how" is asked: procedure, steps, where to ask for it.
HOWTO = (
    r"\b(?:como (?:se|hago|hacer|hacemos|hace|puedo|podemos|puede|podria|podriamos|le hago|le hace|se le|"
    r"debo|debemos|deberia|tengo que|tenemos que|\w+o\b|\w+(?:amos|emos|imos)\b|\w{3,}(?:ar|er|ir)(?:me|se|"
    r"lo|la|los|las|le)?\b|es que se|va lo de|funciona\w*|doy|pido|saco|hay que)|de que (?:forma|manera|"
    "modo) se|que (?:hay que hacer|tengo que hacer|debo hacer|hago|hacemos|pasos|procedimiento|proceso|"
    "tramite|formulario|hace uno|se hace|via|necesito para|hace falta para|se necesita para)|"
    "(?:los )?pasos (?:para|de|a seguir)|(?:el )?procedimiento (?:para|de)|guia (?:para|de)|por (?:que|"
    "cual) via|con que procedimiento|donde (?:se )?(?:pido|pide|solicito|solicita|hago|hay que|puedo|"
    "tengo que|encuentro|esta la guia)|a quien (?:hay que|tengo que|debo|le|pido|se le|puedo)|ensenas? a|"
    "ensename a|how (?:do|does|did|would|should|could|can|might|is|are|to|come|long|one|you)|what(?:'s| is|"
    r" are) the (?:\w+ )?(?:steps?|procedure|process|right way|correct way|best way|way|sequence|"
    "recommended way|form|path|route|runbook)|steps (?:to|for|on)|walk me through|talk me through|"
    "show me how|tell me how|explain how|teach me|procedure (?:for|to)|instructions (?:for|to|on)|"
    "where (?:do|can|should|would) (?:i|we|one)|who (?:do|should|must|would) (?:i|we) (?:ask|call|contact|"
    "ring|email|talk)|which (?:form|document|steps|procedure|page|team)|what (?:form|steps|procedure) |"
    "what should (?:i|we)|what do (?:i|we) (?:do|need))"
)

# What would happen if: nothing is asked for.
HYPOTHETICAL = (
    r"\b(?:que (?:pasa(?:ria)?|ocurr(?:e|iria)|suced(?:e|eria)|implica(?:ria)?|efecto|impacto|"
    r"consecuencias?|riesgos?|supondria|habria)|y si (?:un dia )?(?:\w+ ){0,3}?\w+(?:ara|ase|iera|iese|"
    r"aramos|ieramos|aran|ieran|asemos)|(?:^|\b)si (?:\w+ ){0,3}?\w{2,}(?:aramos|ieramos|asemos|iesemos)|"
    r"si (?:\w+ ){0,2}?(?:quisiera|quisieramos|tuviera|tuvieramos|hubiera|hubiese|cayera|fallara)|"
    "supon(?:gamos|iendo|ed|gan)? que|imagin(?:a|emos|ad|en|ate) que|imaginemos|pongamos que|"
    "en el supuesto|hipoteticamente|teoricamente|what if|what (?:would|might|could) (?:happen|break|be|go|"
    r"it|change|stop)|what happens|would (?:it|we|anything|there|the|this|that|our|i|my) \w+|suppos(?:e|"
    "ing)|imagine|hypothetically|let'?s say|say (?:a|an|we|someone|that|ransomware)|if (?:we|i|someone|"
    r"somebody|one|an?|the) (?:\w+ )?(?:were|was|had|did|\w+ed)\b|seria (?:muy )?(?:grave|peligroso|"
    r"arriesgado|legal|seguro|malo|recomendable|imprudente)|deberia(?:mos)? preocupar\w*|"
    r"en caso de (?:que )?(?:un|una|ransomware|incidente|brecha|fuga)|worst that could)\b"
)

# Asked about something already asked for, or already done.
STATUS = (
    r"\b(?:como va\w*|que (?:tal va|hay de|paso con|fue de|se sabe)|en que (?:quedo|estado|va|quedaron|"
    r"anda)|ya (?:se|le|les|me|nos|lo|la|los|las|esta|estan|fue|quedo|han|ha|hicieron|\w+aron|\w+ieron|"
    r"\w+ada|\w+ado)|sigue[n]? (?:abiert|bloquead|activ|pendient|en|vigent|sin)|alguna novedad|novedades|"
    "any (?:news|update|progress|word|movement|luck)|is (?:it|that|this|my|the) .{0,60}(?:done|finished|"
    "complete|ready|approved|closed|resolved|still)|has (?:victoria|it|my|the|anyone|anybody|that|someone)|"
    r"have (?:they|you|we) (?:\w+ )?\w+ed|did (?:\w+ ){1,4}(?:go|get|finish|approve|complete|patch|block|"
    "open)|where (?:are we|r we|is my|does .{0,30}stand)|status of|estado de|how'?s (?:my|the|it)|"
    "what(?:'s| is| has)? (?:happened|happening|the status)|se (?:hizo|aplico|cerro|abrio|aprobo|completo|"
    "ejecuto|bloqueo|desbloqueo|revoco|termino) (?:ya)?|ha (?:terminado|acabado|cerrado|hecho)|"
    "cuando (?:estara|estaria|va a estar)|still (?:open|pending|blocked|locked|waiting|in)|was (?:the|my|"
    r"that) .{0,50}(?:ed|done)\b)"
)

# The user takes somebody else's words for their own: do it.
ADOPTS = (
    r"\b(?:hacedl[oa]s?|hazl[oa]s?|haganl[oa]s?|hagal[oa]s?|hacel[oa]s?|hagase|hazme el favor|"
    "hay que (?:hacerlo|ejecutarlo|aplicarlo|cumplirlo)|(?:que|y) (?:se haga|lo hagan|se cumpla|"
    "se ejecute)|encargate|encarguense|encargaos|encargues|ejecutal[oa]|ejecutadl[oa]|ejecutenl[oa]|"
    "ejecutese|aplical[oa]|aplicadl[oa]|apliquenl[oa]|apliquese|cumplel[oa]|cumplidl[oa]|cumplanl[oa]|"
    "procede|procedan|proceded|proceda|procedi|adelante|dale curso|denle curso|haganle|metele mano|"
    "lo suscribo|lo firmo|pues venga|(?:lo )?mismo (?:pido|digo) yo|a ello|tramitadl[oa]|tramitenl[oa]|"
    "tramital[oa]|pongan(?:lo|se) en marcha|ponedlo en marcha|ponlo en marcha|asi que eso|hagan eso|"
    "haz eso|haced eso|hace eso|haz lo que (?:dice|pide)|hagan lo que (?:dice|pide)|haced lo que (?:dice|"
    "pide)|me sumo|(?:please |so |just |and |pls )?do (?:it|that|this|so|exactly that|just that|what (?:it|"
    "he|she|they) says?)|please do|make it (?:so|happen)|go ahead|go for it|get (?:it|that|this|"
    r"them) (?:done|sorted|actioned|fixed)|carry (?:it|that|this|them) out|action (?:it|this|that)\b|"
    "see to (?:it|that)|make (?:that|this|it) happen|consider (?:this|that|it) (?:the|a|my|our) request|"
    "(?:please )?proceed|have (?:it|that|this) done|i (?:second|agree with) (?:that|it)|"
    "same (?:request )?from me|put (?:it|that|this) (?:in|into) (?:place|effect)|implement (?:it|that|"
    "this)|execute (?:it|that|this)|apply (?:it|that|this)|that'?s (?:what i (?:want|need)|an order|"
    "my request)|by all means do|let'?s do (?:it|that)|handle (?:it|that|this)|take care of (?:it|that|"
    r"this)|sort (?:it|that|this) (?:out)?)\b"
)

# No action, just curious, for later: the user says themselves that nothing is to be done.
NO_ACTION = (
    r"\b(?:no (?:hagas|hagan|haga|hagais|hace falta (?:que )?(?:hacer|tocar|hagas|nada|seguir|mas|activar|"
    r"\w+)|toques|toquen|toqueis|quiero que (?:hagas|toques|cambies|\w+es)|te pido que|pido (?:que|ningun|"
    r"nada)|hay que (?:hacer|tocar|\w+ar|\w+er|\w+ir)|necesito que (?:hagas|\w+es)|abras|abran|abra|"
    "es (?:una )?peticion|es necesario|tienes que hacer)|nada (?:mas|pendiente|que hacer)|sin (?:abrir |"
    r"crear |levantar )?(?:ticket|tocar|ejecutar\w*|cambiar|bloquear|hacer (?:nada|cambios)|aplicar\w*|"
    "que hagas)|solo (?:quiero|quisiera|dime|necesito|queria|me) (?:saber|ver|entender|el|la|que|conocer|"
    r"interesa|desahogo|quejaba|leer\w*)|solo (?:informo|aviso|pregunto|me desahogo|por saber|probaba|"
    "para que lo sepas|queria|el numero|la traduccion|quiero)|te (?:aviso|informo|comento|cuento)|"
    "para que (?:lo )?(?:sepas|conste|sepan|tengas|estes)|por si (?:te|alguien|os|sirve)|(?:a titulo|"
    r"meramente) informativo|es (?:solo )?para (?:un|una|el|la|mi|estudiar\w*|aprender|documentar\w*)|"
    "lo que (?:iba|ibamos|queria) a? ?(?:pedir|reportar|solicitar|decir)|what i was (?:going|about)|"
    "i was (?:about|going) to (?:ask|request|report|open)|iba a (?:pedir|reportar|pediros|solicitar|abrir)|"
    "(?:to|will) let you know|os informo|les informo|(?:os|les) (?:cuento|comento|aviso)|me (?:confundi|"
    "equivoque de (?:chat|ventana|persona|grupo))|mensaje equivocado|wrong (?:chat|window|person)|(?:borra|"
    "ignora|ignoren|ignorad|disregard|ignore) (?:lo|mi|my|that|what|the (?:previous|last))|olvid(?:a|"
    r"al[oa]|ate|ad|en)\b|ya (?:no|lo (?:hice|hicimos|arregl\w+|resolv\w+|solucion\w+))|falsa alarma|dejalo|"
    "por curiosidad|mera curiosidad|todavia no|aun no|de momento no|por ahora no|no lo ejecutes|"
    "la ejecuto yo|lo (?:hago|hare|reviso|envio|tramito|mando|ejecuto|lanzo|probare) yo|yo (?:misma|"
    "mismo) (?:lo|la)?|no (?:action|need to|need for|changes?|ticket|requests?)|don'?t (?:worry|bother)|"
    r"no (?:te|se|os) preocup\w+|after all\b|al final no|solo (?:coment|inform|dec|avis)\w+|"
    "(?:i )?just (?:mentioning|saying|reporting)|nothing (?:to do|needed|pending|for you|is being|deployed|"
    "else)|just (?:curious|asking|wondering|fyi|letting you know|an? fyi|venting|to know|so you know|"
    "let me know|tell me|show me|explain)|fyi|for (?:your )?(?:info|information|records?|reference)|"
    "heads[- ]?up|never ?mind|scratch that|forget (?:it|about|the|that|what)|false alarm|purely for|"
    r"out of curiosity|(?:don'?t|do not|dont|please don'?t|not) (?:\w+ )?(?:touch|change|block|restart|run|"
    "execute|raise|open|do|escalate|action|apply|quarantine|isolate|delete|disable|deploy|create|send|file|"
    "log|asking|after)|without (?:touching|changing|blocking|running|opening|doing|raising)|i'?ll (?:run|"
    "do|send|review|go over|handle|file|submit|raise|look|be doing)|i (?:only|just|simply|"
    "merely) want(?:ed)? to (?:know|see|read|understand|say|learn)|not to be run|only to (?:read|study|"
    "learn)|already (?:fixed|done|sorted|resolved|handled|patched|blocked|closed|took care)|"
    "no longer needed|all (?:sorted|good|fixed)|we'?re (?:fine|good)|not (?:a request|requesting|run|now|"
    r"yet))\b"
)

# Words that negate the verb after them.
NEGATION = frozenset(
    "no nunca jamas tampoco sin ni don't dont not never without cannot can't won't doesn't didn't isn't "
    "aren't wasn't nadie".split()
)

# Text work: a command for these has its object after it, as words and not as orders.
ABOUT_TEXT = (
    r"\b(?:traduc\w*|translat\w*|corri(?:ge|ja|jan|jame|geme|gelo)\w*|corregi\w*|proofread\w*|grammar|"
    r"gramatica\w*|ortografia\w*|spell\w*|rephras\w*|reword\w*|rewrite|parafrase\w*|reescrib\w*|reformul\w*|"
    r"resum\w*|summar\w*|shorten|acort\w*|condense|simplif\w*|convert (?:this|these)|convierte\w*|"
    r"converti\b|en (?:ingles|espanol|castellano|mayusculas|tono)|(?:al|a) (?:ingles|espanol|castellano|"
    r"frances|portugues)\w*|(?:in|into|to) (?:english|spanish|plain english|french|portuguese)|pol(?:ish|e)|"
    r"pul(?:e|eme|ir)\b|tone|tono|wording|phras(?:e|ing)|frase|suena|sound(?:s)?|redact\w*|borrador|"
    r"draft\w*|boil|suavi\w*|spelling|tildes|mas corto|shorter|politer|formal|headline|titular|bullet|"
    r"vinetas|orden\w* (?:estas|estos)|sensible order|say in)\b"
)

# How somebody asks kindly: could you, would you mind, any chance, te importa, me ayudas.
POLITE = (
    r"\b(?:podri(?:as|a|an|ais|amos)|podes|puedes|puede|pueden|podeis|podemos|podras?|podran|podreis|"
    "me ayuda[sn]?|me echas|os importa(?:ria)?|te importa(?:ria)?|le importa(?:ria)?|les importa(?:ria)?|"
    "les molesta(?:ria)?|te molesta(?:ria)?|le molesta(?:ria)?|seria(?:s|n)? (?:posible|tan amable|"
    "factible)|es posible|cabria la posibilidad|habra (?:manera|forma|modo|posibilidad|chance)|"
    "como (?:lo )?(?:ves|veis|ven) (?:si|que)|que tal si|y si (?:me|nos|le|les|lo|la)|por que no (?:me|le|"
    r"lo|la|nos|les) \w+s\b|how about|what about|why (?:don'?t|not) (?:you|we|someone|just)|"
    "habria (?:manera|forma|modo|posibilidad|inconveniente|chance)|hay (?:manera|forma|modo|chance|"
    "posibilidad) de|sera que|se podra|se podria|se puede|(?:me|nos|le|les) (?:hac(?:es|e|en|eis)|hari(?:a|"
    r"as|an|ais))|me colabora\w*|me regala\w*|tendri(?:as|a|an) (?:la|un)|can (?:that|this|it|these|those|"
    "they) be|could (?:that|this|it|these|those|they) be|can (?:you|u|we|i|someone|somebody|anyone|"
    "one of you|the team)|could (?:you|u|we|i|someone|somebody|anyone|one of|the team|i get|i have)|"
    "would (?:one of|you|u|someone|anyone|it be possible|you be able)|will you|any chance|is it possible|"
    "might (?:you|i|we|one of|someone)|may (?:i|we)|(?:can|could|would|will|might) (?:a|an|any|the|"
    r"one of the|some) (?:\w+ )?(?:soul|colleague|admin\w*|engineer|technician|analyst|member|person|team|"
    r"guys|folks|desk|people|owner|expert|specialist)|mind \w+ing|would you mind|are you able|"
    r"is there any way|any way (?:you|to|of)|might it be possible|do you think you could)\b"
)

# Wishes and needs: what is wanted follows.
DESIRE = (
    r"\b(?:necesit\w+|nesesit\w+|nececit\w+|quier[oae]\w*|queremos|quisiera\w*|querria\w*|me gustaria|"
    r"nos gustaria|me encantaria|preferiria\w*|agradeceri\w+|agradezco|ruego|rogamos|solicit[oa]\w*|"
    r"requier[oe]\w*|requerimos|ocup[oa](?:mos)?|precis[oa](?:mos)?|hace[n]? falta|me falta[n]?|"
    "nos falta[n]?|falta[n]?|urge|hay que|habria que|habra que|toca|tocaria|conviene|convendria|"
    "deberia[ns]?|deberiamos|deberiais|debe[n]?|tendri(?:a|an|amos) que|tiene[n]? que|tenemos que|"
    r"estaria (?:bien|genial|padre|bueno|guay)|no estaria mal|(?:nos|me|le|les) vendria\w*|seria (?:ideal|"
    r"bueno|genial|estupendo|conveniente|deseable|fantastico|bienvenid\w+)|que bueno seria|ojala|"
    "mas (?:tranquil[oa]s?|comod[oa]s?|segur[oa]s?) si|sleep (?:better|easier)|feel (?:better|safer|easier|"
    "happier)|(?:more comfortable|happier|easier|safer) if|va siendo hora|ya es hora|lo suyo seria|"
    r"que alguien|a ver si|need\w*|want\w*|require\w*|requesting|i'?d (?:like|love|appreciate|prefer|rather|"
    "be grateful)|we'?d (?:like|love|appreciate|prefer|rather|be grateful)|would (?:like|love|appreciate|"
    "prefer|rather|be (?:great|nice|ideal|good|handy|lovely|grateful|wonderful))|should|must|has to|"
    "have to|ought to|wish|hoping|hope|it'?s time|it is time|high time|would settle|looking (?:to|for)|"
    r"overdue|due for|better (?:be|get)|had better|had to)\b"
)

# Purpose and relative clauses: a verb after these says what for, not what to do.
PURPOSE = frozenset(
    "para pa por al de sobre tras to of for about by when while before after cuando mientras como aunque porque".split()
)

# Words a clause may open with before its verb.
OPENERS = frozenset(
    """
        y e o pero pues entonces luego ya tambien ademas despues asi que ahora hoy por favor porfa porfi porfis
        porfavor xfa plis pls plz please kindly hola hi hey hello oye oiga oigan oid che wey parce mira bueno
        vale ok okay venga anda va dale sophia victoria team equipo senores chicos jefe and then so but also
        just now or next lastly finally still simply immediately quickly urgent urgente urgentemente asap today
        tonight instead rather por-favor solo nomas mejor primero de paso por-lo-demas igual thanks gracias
        first second third luego-ya directamente inmediatamente enseguida siempre right quick dear sir madam
        estimada estimado estimados buenas buenos dias tardes noches good morning afternoon evening well
        actually everyone guys folks mate amigo compa compadre ustedes usted vos tu someone somebody anyone
        alguien go ahead straight away de-una-vez rapido rapidito urge once more again otra vez
        """.split()
)

# Question words with which a question for knowledge or a look-up starts.
WH_WORDS = frozenset(
    """
    que cual cuales quien quienes cuando cuanto cuanta cuantos cuantas donde como porque adonde cuan ke k q
    what which who whom whose when where why how whats what's who's where's how's when's wats wat hows wheres
    """.split()
)

# Verbs that open a question in English, or a state question in Spanish.
ASKS_FIRST = frozenset(
    """
        is are was were do does did has have had am isn't aren't doesn't didn't hasn't haven't should must shall
        es esta estan son hay hubo hay? sigue siguen existe existen tiene tienen tenemos ha han fue fueron era
        figura figuran queda quedan debe deben
        """.split()
)

GREETING = (
    r"\b(?:hola|hi|hello|hey|buen[oa]s(?: dias| tardes| noches)?|good (?:morning|afternoon|evening|night)|"
    r"gracias|thanks|thank you|thx|ty|cheers|grasias|jaja\w*|haha\w*|lol|genial|perfecto|que tal|"
    "como (?:estas|andas|va todo|te va)|how are you|how'?s it going|chao|adios|bye|hasta (?:luego|manana|"
    r"pronto)|see you|que onda|feliz|happy|happy \w+|crack|genio|genia|eres|are you|sos|quien (?:eres|te)|"
    "who (?:are|made|built) you|me alegro|ok|okay|vale|listo|got it|entendido|buen finde|weekend|lo siento|"
    "sorry for|excelente|great job|nice|awesome|brilliant|love|hate|odio|ugh|uf|menos mal|appreciate|"
    r"agradezco|favorit[oe]|favourite|cafe|coffee|lunes|monday|friday|chiste|joke)\b"
)

# Where the message ends and its signature or a forwarded mail begins (start of a line).
SIGNATURES = (
    r"(?m)^[ \t]*(?:--+[ \t]*$|__+[ \t]*$|(?:un (?:cordial )?saludo|saludos(?: cordiales)?|atentamente|"
    r"atte\.?|cordialmente|best(?: regards)?|kind regards|regards|warm regards|sincerely|yours (?:sincerely|"
    "faithfully)|many thanks|thanks and regards|br|sent from my|enviado desde mi|get outlook for|"
    "this (?:e-?mail|message) (?:is|and)|este (?:correo|mensaje) (?:es|y|contiene|puede)|aviso legal|"
    r"confidentiality notice|disclaimer)\b[^\n]{0,80}$)"
)

# Somebody or something is without what they should have: a wish for it.
LACKS = (
    r"\b(?:sin|no (?:tiene|tienen|tengo|tenemos|hay|existe|dispone|cuenta con)|le falta|les falta|"
    "nunca (?:le|les|me|nos) (?:dieron|han dado|crearon|hicieron)|aun no|todavia no|without|has no|have no|"
    "has(?:n'?t| not) (?:got|been given|received)|have(?:n'?t| not) (?:got|been given)|lacks?|never (?:got|"
    "given|had|been given|received)|still (?:needs?|without|no|missing|waiting)|missing|short of|"
    r"no)(?: \w+){0,5} (?:cuenta|acceso|accesos|permisos?|usuario|licencia|licencias|portatil|buzon|token|"
    "tarjeta|certificado|credenciales|vpn|panel|alerta|rol|laptop|equipo|correo|clave|account|access|"
    "permissions?|user|licen[cs]es?|mailbox|card|badge|certificate|credentials?|dashboard|alert|login|"
    r"rights|role|phone|extension|backup|agent|agente|sensor|copia)\b"
)

# The user wants to know or see something.
WANTS_TO_KNOW = (
    r"\b(?:necesit\w+|quier[oe]|queremos|quisiera\w*|queria\w*|me gustaria|nos gustaria|me encantaria|"
    "me urge|me interesa|need|needs|want|wanted|like|love|keen|curious|trying|hoping|wish) (?:to |"
    "de )?(?:saber|conocer|entender|comprender|ver|averiguar|leer|tener claro|know|understand|see|learn|"
    r"find out|hear|read|figure out)\b|\b(?:me falta un dato|me faltan datos|what i'?m after|all i'?m after|"
    "lo que busco es|busco (?:el|la|un dato|saber)|me pregunto|i wonder|wondering|tengo una duda|una duda|"
    r"quick question|una pregunta)\b"
)

# Laughing: hardly ever a request.
LAUGHS = r"\b(?:lol|rofl|lmao|jaja\w*|haha\w*|jeje\w*|hehe\w*|xd|crikey|menudo|vaya)\b"

# It is over: what failed works again.
RESOLVED = (
    r"\b(?:(?:everything|all|it|that)(?:'s| is| are|s)? (?:\w+ )?(?:back|fixed|working|resolved|solved|"
    "sorted|fine|ok)|did (?:solve|fix)|(?:fixed|solved|sorted|resolved|patched) (?:it|that)|works (?:now|"
    "again|fine|perfectly)|working (?:now|again|fine)|ya (?:esta|quedo|funciona|pude|puedo|me|nos|le|lo|"
    r"va) ?(?:funciona|solucionad\w+|arreglad\w+|resuelt\w+|list\w+|hecho|bien|entrar|va)?|lo (?:arregl|"
    r"solucion|resolv)\w+|se (?:arreglo|soluciono|resolvio)|volvio (?:todo|a funcionar|solo)|todo (?:ok|"
    r"bien|en orden|funciona\w*|quedo|volvio)|ya va|va fino|thanks to|gracias a)\b"
)

# Actions said as nouns: la emision de, the removal of.
NOMINAL = (
    r"\b(?:emision|revocacion|creacion|instalacion|apertura|cierre|bloqueo|desbloqueo|eliminacion|baja|alta|"
    "habilitacion|deshabilitacion|reinicio|restauracion|solucion|reparacion|asignacion|concesion|"
    "ampliacion|renovacion|actualizacion|activacion|desactivacion|configuracion|incorporacion|retirada|"
    "rotacion|removal|creation|revocation|blocking|unblocking|installation|deployment|restart|reboot|reset|"
    "rotation|deletion|renewal|extension|upgrade|activation|deactivation|provisioning|enrolment|"
    r"unlock) (?:de|del|a|al|of|for|para)\b"
)

# What a norm or document says: asked about, nothing is to be done.
NORM = (
    r"\b(?:politica|norma\w*|manual|procedimiento\w*|protocolo|guia|runbook|estandar|standard|policy|"
    "policies|rules?book|documentation|documentacion|playbook|handbook|allowed|permitid[oa]s?|permite la|"
    "prohibid[oa]s?|obligatori[oa]s?|mandatory|compulsory|forbidden|permissible|autorizad[oa]|"
    "authori[sz]ed|entitled|supposed to|obliged|exige|exigen|contempla|sla|ens|nis2|iso|gdpr|rgpd|cab|"
    "criteri[oa]s?|responsable|responsible|diferencia|difference|significa|mean|means|meaning|definition|"
    r"defin\w+|best practice|recomend\w+|conviene|buena practica|que es|what is|what are|what's|"
    r"para que sirve|purpose)\b"
)

# Whole expressions that stand for one action; the label is what the action is called.
PHRASES: tuple[tuple[str, str, str], ...] = (
    ("create", "dar de alta", r"\b(?:d[aei]\w*|dar\w*|de[mnl]\w*) (?:de )?alta\b|^alta de\b|\balta para\b"),
    ("change", "dar de baja", r"\b(?:d[aei]\w*|dar\w*|de[mnl]\w*) de baja\b"),
    (
        "create",
        "dar acceso",
        r"\b(?:d[aei]\w*|dar\w*|concede\w*|otorga\w*)(?: \w+){0,3} (?:acceso|permisos?|licencias?)\b",
    ),
    ("change", "poner en cuarentena", r"\b(?:pon\w*|mete\w*|manda\w*)(?: \w+){0,3} en cuarentena\b"),
    (
        "change",
        "meter en la lista negra",
        r"\ben (?:la )?(?:lista (?:negra|blanca|de (?:bloqueo|permitidos))|blacklist|whitelist|blocklist|allowlist)\b",
    ),
    ("change", "roll back", r"\broll(?:ing|ed)? (?:it |that |them )?back\b|\brollback\b"),
    ("create", "set up", r"\bset(?:ting)? (?:\w+ )?up\b|\bsetup\b"),
    ("create", "spin up", r"\b(?:spin|stand|stood|spun)(?:ning)? (?:\w+ ){0,3}?up\b"),
    ("change", "turn off", r"\b(?:turn|switch|shut|power)(?:ed|ing)? (?:\w+ ){0,5}?(?:off|down|on)\b"),
    ("change", "take down", r"\b(?:take|pull|kick|boot)(?:ing|n)? (?:\w+ ){0,5}?(?:off|down|out)\b"),
    (
        "ticket",
        "hand over",
        r"\b(?:hand|pass|give|send|route)(?:ing)? (?:this|it|that|them) (?:over|on|along|to victoria)\b",
    ),
    (
        "ticket",
        "pasar a Victoria",
        (
            r"\b(?:dile|dil?ele|decile|digale|diganle|decidle|dinle|pidele|pedile|pidanle|pedidle|avisa\w*|tell|ask|"
            r"have|let|notify|ping) (?:a )?victoria\b|\b(?:pasa\w*|manda\w*|envia\w*|escala\w*|deriva\w*|"
            r"traslada\w*) (?:\w+ ){0,3}?a victoria\b|\bque lo (?:vea|haga|mire|resuelva) victoria\b|"
            r"\bpara victoria\b|\bto victoria\b|\bget victoria\b"
        ),
    ),
    (
        "ticket",
        "abrir ticket",
        (
            r"\b(?:abr\w+|levant\w+|gener\w+|cre\w+|registr\w+|mete\w*|open|raise|log|file|submit|lodge|create|cut|"
            r"get|need|pon\w*|quiero|necesito)(?: \w+){0,3}? (?:ticket|tiquete|caso|incidencia|parte|solicitud|"
            r"peticion|incidente|folio|case|incident|request|reclamo|orden)\b"
        ),
    ),
    ("change", "fuera", r"[,;:] ?(?:por favor,? |please,? |pues )?(?:fuera|out|gone|adios)\b|^(?:fuera|out)\b"),
    (
        "create",
        "hacer lo mismo",
        r"\b(?:do|set|give|haz|hagan|haced|hace|make|get) (?:\w+ ){0,3}?(?:the same|same thing|lo mismo|another)\b",
    ),
    (
        "tell",
        "poner al dia",
        r"\bpon\w* al (?:dia|tanto|corriente)\b|\b(?:up to (?:speed|date)|bring me up|fill me in|catch me up)\b",
    ),
    (
        "change",
        "get rid of",
        (
            r"\b(?:get|got|getting) rid of\b|\bdeshac\w+ de\b|\b(?:take|get) (?:it|that|them|him|her|this) (?:off|"
            r"out|down|gone)\b"
        ),
    ),
    ("change", "dejar de", r"^(?:deja|dejad|dejen|deje|dejar|stop) (?:de )?\w+(?:ar|er|ir|ing)\b"),
    ("create", "hacer llegar", r"\bh[ai]\w+ llegar\b"),
    ("change", "give the boot", r"\bgive (?:\w+ ){1,6}the (?:boot|chop|push|axe)\b"),
    ("fix", "look into", r"\blook(?:s|ing)? into\b"),
    ("create", "sign up", r"\bsign (?:me|us|him|her|them|\w+) up\b"),
    (
        "fix",
        "echar un ojo",
        (
            r"\b(?:ech\w+|peg\w+|dar\w*|de[mn]\w*|dale)(?: \w+){0,2} (?:un )?(?:ojo|vistazo|mano|revisada|miradita|"
            r"repaso|looks?)\b|\b(?:take|have) a look\b|\blook(?:s|ing)? (?:at|into) (?:it|this|that)\b"
        ),
    ),
)

# Forms that are verbs in Spanish and everyday words in English, or nouns and prepositions in Spanish: verbs only where
# the clause says so.
ENGLISH_CONTRADICTIONS = frozenset(
    """
        quite pare more note come pase mire corte active use cause limite mate den de des para cuenta cuentas
        lista listas copia copias regla alerta corta entre este cambio cambios bloqueo bloqueos acceso registro
        registros reporte parche pase carga cargas baja bajas alta sube cierre corte cierres informe ajuste
        ajustes aviso avisos pruebas consulta consultas salida muestra muestras compra compras prestamos filtro
        filtros limpia reserva include prepare compare revise restaure programa programas orden paso pasos
        permite trace prende plan vista vistas monitor
        """.split()
)

# Chat spelling and frequent slips: what is written = what is meant (an underscore is a space).
SHORTHAND: dict[str, str] = {
    written: meant.replace("_", " ")
    for written, _, meant in (
        pair.partition("=")
        for pair in """
    ago=hago ai=hay aki=aqui arent=aren't asap=asap ase=hace ay=hay bloqear=bloquear bpn=vpn cant=can't cmo=como
    cn=can cud=could d=de didnt=didn't dnd=donde dnt=don't doesnt=doesn't giv=give haci=asi hav=have hows=how's
    hw=how id=id im=i'm isnt=isn't ive=i've k=que kada=cada kae=cae ke=que kien=quien komo=como m=me mak=make
    mny=many nd=and nite=night ola=hola pa=para pal=para_el plis=please pls=please plz=please pq=porque q=que
    qe=que qiero=quiero r=are stoy=estoy tb=tambien teh=the tha=the tmb=tambien tody=today toy=estoy u=you
    ur=your w=with wasnt=wasn't wat=what wats=what's wen=when wheres=where's whos=who's wich=which wont=won't
    wud=would xfa=porfa xq=porque y'all=you ya'll=you
    """.split()
    )
}

# Never verbs here, though they look like forms of one.
NOT_VERBS = frozenset(
    "adelante ten eleven turno turnos elevado ultimo ultima real orden ordenes correo correos medida "
    "medidas parte partes".split()
)

SPANISH_FUNCTION = frozenset(
    """
        el la los las un una unos unas de del al y e o u que en con por para sin sobre se me te nos os le les lo
        mi mis tu tus su sus es esta estan hay ya no si como pero mas muy este esta estos estas ese esa esos
        esas aquel cuando donde quien cual porque pues desde hasta entre ser fue son era porfa favor hoy ayer
        """.split()
)
ENGLISH_FUNCTION = frozenset(
    """
        the a an of to in on at for with from by and or but is are was were be been it its this that these those
        my our your his her their i we you he she they me us them not do does did has have had can could would
        should will just please what which who how when where why if so than then there here as into out up off
        any all some
        """.split()
)
