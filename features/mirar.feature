# language: es
Característica: Mirar en los sistemas de la empresa
  Quien pregunta cómo está o qué ha pasado en Splunk, en los cortafuegos o en Grafana recibe lo que
  dice el sistema, con cada fila citada. Lo que no se ha podido mirar nunca se lee como que no hay nada.

  Antecedentes:
    Dado el splunk "siem" de acme, que contesta:
      | user      | src          | count |
      | m.serrano | 203.0.113.66 | 47    |
      | j.robles  | 203.0.113.66 | 22    |

  Esquema del escenario: Una pregunta se mira en el sistema, con el periodo que nombra
    Cuando Ana pregunta "<pregunta>"
    Entonces la respuesta dice "Inicios de sesión fallidos, en siem, del <desde> al <hasta> (Europe/Madrid"
    Y la respuesta dice "69 en total, en 2 filas [1]"
    Y la respuesta dice "| m.serrano | 203.0.113.66 | 47 [1] |"
    Y cada cita está comprobada
    Y a "siem" se le ha preguntado una vez

    Ejemplos:
      | pregunta                                                     | desde            | hasta            |
      | ¿Cuántos logins fallidos hubo ayer?                          | 2025-12-31 00:00 | 2026-01-01 00:00 |
      | ¿Cuántos inicios de sesión fallidos hubo ayer por la tarde?  | 2025-12-31 12:00 | 2025-12-31 21:00 |
      | Dime los logins fallidos de las últimas 4 horas              | 2025-12-31 21:00 | 2026-01-01 01:00 |
      | ¿Ha habido muchos intentos de acceso fallidos desde el lunes? | 2025-12-29 00:00 | 2026-01-01 01:00 |
      | ¿Cuántos logins fallidos hubo ayer entre las 22 y las 23?    | 2025-12-31 22:00 | 2025-12-31 23:00 |
      | ¿Cuántos logins fallidos ha habido?                          | 2025-12-31 01:00 | 2026-01-01 01:00 |

  Escenario: Se pregunta por una persona
    Cuando Ana pregunta "¿Cuántos logins fallidos tuvo m.serrano ayer?"
    Entonces la respuesta dice "Inicios de sesión fallidos de un usuario (m.serrano), en siem"
    Y a "siem" se le ha preguntado por "m.serrano"

  Escenario: Lo que no encuentra nada lo dice, con el periodo que ha mirado
    Dado el splunk "siem" de acme, que no encuentra nada
    Cuando Ana pregunta "¿Cuántos logins fallidos hubo ayer?"
    Entonces la respuesta dice "del 2025-12-31 00:00 al 2026-01-01 00:00 (Europe/Madrid, «ayer»): no consta ninguno [1]."
    Y cada cita está comprobada

  Escenario: Lo que no se ha podido mirar no se lee como que no hay nada
    Dado el splunk "siem" de acme, que no responde
    Cuando Ana pregunta "¿Cuántos logins fallidos hubo ayer?"
    Entonces la respuesta dice "no he podido mirarlo"
    Y la respuesta dice "no sé si hay algo"
    Y la respuesta no dice "no consta"
    Y la respuesta no cita nada
    Y la respuesta advierte de que "splunk_query: no ha dado resultado (siem: does not answer)"

  Escenario: Lo que solo se ha mirado en parte tampoco
    Dado el splunk "siem" de acme, que no encuentra nada y mira una hora como mucho
    Cuando Ana pregunta "¿Cuántos logins fallidos hubo ayer?"
    Entonces la respuesta dice "del 2025-12-31 23:00 al 2026-01-01 00:00"
    Y la respuesta dice "ninguno en lo que se ha podido mirar, que no es todo"
    Y la respuesta advierte de que "siem: solo se ha mirado lo último del periodo (máximo: 1 h)"

  Escenario: Quien no tiene permiso lo oye, y no se mira nada
    Cuando Luis pregunta "¿Cuántos logins fallidos hubo ayer?"
    Entonces la respuesta dice "tu usuario no tiene permiso para consultar Splunk («lookup:splunk»)"
    Y la respuesta advierte de que "no lo he mirado"
    Y a "siem" no se le ha preguntado nada

  Escenario: Un sistema que es de otro grupo es como si no estuviera
    Dado el splunk "siem" de acme, que es del grupo "redes"
    Cuando Ana pregunta "¿Cuántos logins fallidos hubo ayer?"
    Entonces la respuesta dice "tu usuario no tiene permiso para consultar Splunk"
    Cuando Marta pregunta "¿Cuántos logins fallidos hubo ayer?"
    Entonces la respuesta dice "69 en total"

  Escenario: Otra empresa mira en lo suyo
    Cuando Ana of globex asks "How many failed logins were there yesterday?"
    Entonces a "siem" no se le ha preguntado nada

  Escenario: Una pregunta sobre la norma no mira en ningún sistema
    Dado que acme tiene el documento "claves.md":
      """
      # Contraseñas
      Tras cinco inicios de sesión fallidos la cuenta se bloquea durante veinte minutos.
      """
    Y que SOPHIA los ha leído
    Cuando Ana pregunta "¿Qué dice la norma sobre los inicios de sesión fallidos?"
    Entonces la respuesta cita "Tras cinco inicios de sesión fallidos" de "claves.md"
    Y a "siem" no se le ha preguntado nada

  Escenario: Una pregunta doble se contesta de los dos sitios
    Dado que acme tiene el documento "claves.md":
      """
      # Contraseñas
      Tras cinco inicios de sesión fallidos la cuenta se bloquea durante veinte minutos.
      """
    Y que SOPHIA los ha leído
    Cuando Ana pregunta "¿Cuántos logins fallidos hubo ayer? ¿Durante cuánto tiempo se bloquea la cuenta?"
    Entonces la respuesta dice "69 en total, en 2 filas [1]"
    Y la respuesta dice "Tras cinco inicios de sesión fallidos la cuenta se bloquea durante veinte minutos [2]."
    Y cada cita está comprobada

  Escenario: Se mira y se pasa el resto a quien lo hace
    Cuando Ana pide "Bloquea 203.0.113.66 y dime cuántas conexiones suyas se han denegado desde ayer"
    Entonces VICTORIA recibe un solo ticket de clase cambio, que se titula "Bloquea 203.0.113.66" y lleva el mensaje entero
    Y la respuesta dice "Tráfico denegado de una dirección IP (203.0.113.66), en siem"

  Escenario: Varios sistemas se miran a la vez, y uno que falla se nombra
    Dado el grafana "paneles" de acme, que no responde
    Cuando Ana pregunta "¿Cuántos logins fallidos hubo ayer? ¿Qué alertas hay activas en Grafana?"
    Entonces la respuesta dice "69 en total"
    Y la respuesta dice "Alertas activas de Grafana, en paneles, ahora: no he podido mirarlo"

  Escenario: Una pregunta se apoya en la anterior
    Dado que Ana ha preguntado "¿Cuántos logins fallidos hubo ayer?"
    Cuando Ana sigue con "¿Y de m.serrano?"
    Entonces la respuesta dice "Inicios de sesión fallidos de un usuario (m.serrano), en siem, del 2025-12-31 00:00"

  Escenario: Para lo que no hay consulta se dice cuáles hay
    Cuando Ana pregunta "¿Cuántos correos de phishing llegaron ayer?"
    Entonces la respuesta dice "No tengo ninguna consulta para eso."
    Y la respuesta dice "- Inicios de sesión fallidos"
    Y a "siem" no se le ha preguntado nada
