"""The Spanish words that the classifier knows.

Verbs are infinitives; ``:ie``, ``:ue`` and ``:i`` name the vowel change of the stressed stem (cerrar:ie, cierra).
What a verb asks for is its key: change, create and fix need somebody to act; read is looking a state up; tell is
explaining; write is composing or transforming text; ticket is passing on to somebody; light verbs (dar, hacer, get,
make) ask for what their object says.
"""

__all__ = ["CLITICS", "SPANISH_FUNCTION", "SPANISH_IRREGULAR", "SPANISH_VERBS"]

# What a verb asks for. change/create/fix: somebody has to act. read: look a state up. tell: explain.
# write: compose or transform text. ticket: pass on to somebody. light: the object decides (dar, hacer, get, make).
SPANISH_VERBS: dict[str, str] = {
    "change": """
        bloquear desbloquear alargar prolongar cerrar:ie aislar desaislar rotar reiniciar parchear parchar
        actualizar revocar borrar eliminar suprimir quitar retirar
        deshabilitar inhabilitar habilitar activar desactivar apagar encender:ie
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
        confinar contener poner dejar pasar volver:ue quitarle archivar fulminar finiquitar zanjar chapar barrer
        desenganchar despegar enderezar espaciar jubilar ventilar pelar trincar cepillar reapuntar repuntar balancear
        obligar retener inutilizar neutralizar desmantelar descolgar enchufar desenchufar recolocar permutar
        intercambiar invertir:ie incrementar disminuir blindar sellar precintar bastionar securizar acotar sanear
        desinfectar cercenar inmovilizar incomunicar aparcar hibernar despertar:ie resucitar regenerar reemitir
        relanzar redesplegar recargar desterrar vedar recluir estrechar reimportar desmarcar rescindir
        revalidar desautorizar reautorizar desalojar mudar redistribuir retocar posponer aplazar postergar diferir:ie
        atrasar desbaratar inhibir upgradear flushear dropear killear deployear desaprovisionar caducar invalidar
        """,
    "create": """
        crear instalar desplegar:ie implementar implantar provisionar aprovisionar conceder otorgar asignar emitir
        expedir inscribir enrolar registrar incorporar integrar conectar construir levantar entregar
        tramitar gestionar sembrar:ie habilitar añadir agregar sumar incluir montar configurar matricular
        dotar publicar proveer generar armar autorizar programar abrir conseguir:i facilitar proporcionar
        regalar prestar colaborar comprar adquirir contratar reservar onboardear suscribir invitar plantar anexar
        disponibilizar reponer alojar hospedar cablear tender parametrizar generar equipar surtir delegar ensamblar
        instaurar establecer licenciar afiliar enganchar federar acoplar enlazar conferir:ie adjudicar apuntar
        """,
    "fix": """
        arreglar reparar solucionar resolver:ue recuperar subsanar revivir destrabar remediar atender:ie
        componer desatascar diagnosticar normalizar estabilizar investigar reestablecer
        """,
    "read": """
        mostrar:ue listar ver mirar buscar consultar revisar comprobar:ue verificar checar chequear confirmar
        averiguar fijar comparar obtener extraer localizar leer exportar analizar contrastar rastrear monitorear
        calcular sumarizar enumerar visualizar ojear desglosar recopilar cruzar volcar:ue echar correr ejecutar lanzar
        cotejar descargar enseñar medir:i graficar imprimir enlistar jalar
        """,
    "tell": """
        explicar decir contar:ue aclarar recordar:ue detallar orientar describir definir ilustrar indicar informar
        comentar razonar precisar señalar especificar instruir guiar asesorar aconsejar recomendar:ie avisar
        responder citar entender:ie saber conocer aprender hablar charlar repetir:i profundizar argumentar justificar
        opinar contextualizar callar
        """,
    "write": """
        redactar escribir componer traducir resumir reescribir reformular preparar elaborar proponer
        convertir:ie ordenar inventar acortar simplificar mejorar formular dibujar esbozar sintetizar suavizar
        corregir:i puntuar parafrasear transcribir bosquejar idear imaginar versionar maquetar resaltar abreviar
        reordenar completar sugerir:ie pulir adaptar contestar
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
SPANISH_FUNCTION = frozenset(
    """
        el la los las un una unos unas de del al y e o u que en con por para sin sobre se me te nos os le les lo
        mi mis tu tus su sus es esta estan hay ya no si como pero mas muy este esta estos estas ese esa esos
        esas aquel cuando donde quien cual porque pues desde hasta entre ser fue son era porfa favor hoy ayer
        """.split()
)
