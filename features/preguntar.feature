# language: es
Característica: Preguntar
  Quien pregunta recibe frases de los documentos de su empresa, cada una con una cita
  que se puede comprobar en el propio documento.

  Antecedentes:
    Dados los documentos de ejemplo de acme:
      | politica-de-accesos.md     |
      | runbook-cambios-firewall.md |
      | guia-siem-splunk.md        |
    Y que SOPHIA los ha leído

  Escenario: La respuesta cita el lugar exacto del documento
    Cuando Ana pregunta "¿Cuánto tiempo se guardan los vídeos de las sesiones de administración?"
    Entonces la respuesta cita "se conserva 180 días" de "politica-de-accesos.md"
    Y cada cita está, letra por letra, donde dice estar
    Y todo lo que afirma lleva una cita que lo sostiene

  Escenario: Una cita sigue en su sitio aunque el documento cambie después
    Dado que Ana ha preguntado "¿Cuánto tiempo se guardan los vídeos de las sesiones de administración?"
    Cuando "politica-de-accesos.md" de acme cambia "180 días" por "90 días"
    Y acme actualiza su conocimiento
    Entonces cada cita está, letra por letra, donde dice estar
    Y si Ana vuelve a preguntar lo mismo, la respuesta cita "se conserva 90 días" de "politica-de-accesos.md"

  @quoting
  Esquema del escenario: La respuesta sigue el idioma de la pregunta; la cita, el del documento
    Cuando Ana pregunta "<pregunta>"
    Entonces la respuesta está en <idioma> y empieza por "<comienzo>"
    Y la respuesta cita "180 días" de "politica-de-accesos.md"

    Ejemplos:
      | idioma  | comienzo     | pregunta                                                     |
      | español | Esto dice    | ¿Cuánto tiempo se guardan los vídeos de las sesiones de administración? |
      | inglés  | This is what | How long is the video of privileged sessions kept?          |

  @quoting
  Escenario: Si el mensaje no deja ver su idioma, se responde en el de la empresa
    Cuando Ana pregunta "GP-7731"
    Entonces la respuesta está en español y empieza por "En lo que he encontrado"

  Escenario: La respuesta se oye mientras se escribe
    Cuando Ana escucha la respuesta a "¿Cuánto tiempo se guardan los vídeos de las sesiones de administración?"
    Entonces lo que ha oído es la respuesta entera, con sus citas

  Escenario: Una pregunta se apoya en la anterior
    Dado que Ana ha preguntado "¿Cuánto dura bloqueada una dirección?"
    Cuando Ana sigue con "¿y si vuelve a aparecer?"
    Entonces la respuesta cita "pasa a 120" de "runbook-cambios-firewall.md"
    Y la respuesta no cita "Si una prueba falla"

  Escenario: Una pregunta que se apoya en la anterior y trae un asunto nuevo
    Dado que Ana ha preguntado "¿Cada cuánto se revisa la pertenencia a grupos privilegiados?"
    Cuando Ana sigue con "¿y las cuentas de servicio?"
    Entonces la respuesta cita "Cada 12 meses" de "politica-de-accesos.md"

  Escenario: SOPHIA recuerda lo que el usuario le contó en otro hilo, y solo a él
    Dado que Ana ha dicho "Te cuento: mi turno de guardia acaba el 14 de marzo"
    Cuando Ana pregunta "¿Cuándo acaba mi turno de guardia?"
    Entonces la respuesta dice "acaba el 14 de marzo"
    Cuando Marta pregunta "¿Cuándo acaba mi turno de guardia?"
    Entonces la respuesta no dice "14 de marzo"
    Cuando Ana de globex pregunta "¿Cuándo acaba mi turno de guardia?"
    Entonces la respuesta no dice "14 de marzo"

  Escenario: Cada cual busca en su propio historial, por lo que significa
    Dado que Ana ha preguntado "¿Cuánto dura bloqueada una dirección?"
    Y que Ana ha preguntado "¿Cuánto tiempo se guardan los vídeos de las sesiones de administración?"
    Cuando Ana busca en su historial "grabaciones de los administradores"
    Entonces lo primero que encuentra de lo suyo es "¿Cuánto tiempo se guardan los vídeos de las sesiones de administración?"
    Pero Marta no encuentra nada al buscar en su historial "grabaciones de los administradores"
    Y Ana de globex no encuentra nada al buscar en su historial "grabaciones de los administradores"

  Escenario: Un hilo es solo de quien lo abrió
    Dado que Ana ha preguntado "¿Cuánto dura bloqueada una dirección?"
    Entonces Marta no puede leer ese hilo ni seguirlo
    Y Ana de globex no puede leer ese hilo ni seguirlo
