Feature: Looking things up
  Whoever asks how the company's own systems are, or what has happened there, is given what the
  system says, each row cited; what could not be looked at never reads as if there were nothing.

  Background:
    Given globex has the splunk "siem", which answers:
      | user    | src          | count |
      | h.mills | 203.0.113.66 | 12    |
    And globex has the panos "fw-leeds-1", which answers:
      | name        | state |
      | ethernet1/1 | up    |
      | ethernet1/5 | down  |
    And globex has the grafana "board", which answers:
      | alert    | severity |
      | DiskFull | warning  |

  Scenario Outline: A question is looked up where it is known
    When Grace asks "<question>"
    Then the answer says "<said>"
    And every citation is verified
    And "<system>" was asked once

    Examples:
      | question                                            | system     | said                                                        |
      | How many failed logins were there yesterday?        | siem       | Failed logins, in siem, from 2025-12-31 00:00               |
      | Show me the failed sign-ins of the last 4 hours     | siem       | from 2025-12-31 20:00 to 2026-01-01 00:00 (Europe/London    |
      | Who had the most login failures on 31 December?     | siem       | 12 in total [1]                                             |
      | Did h.mills fail a login yesterday?                 | siem       | Failed logins of a user (h.mills)                           |
      | Was traffic from 203.0.113.66 blocked last night?   | siem       | Denied traffic of an IP address (203.0.113.66)              |
      | Which Splunk alerts fired yesterday?                | siem       | Splunk alerts that have fired, in siem                      |
      | Is the HA pair in sync?                             | fw-leeds-1 | High availability state, in fw-leeds-1, now                 |
      | What PAN-OS version does the firewall run?          | fw-leeds-1 | Firewall version and system state                           |
      | Is any interface of the firewall down?              | fw-leeds-1 | \| ethernet1/5 \| down [1] \|                               |
      | Who is connected to the VPN?                        | fw-leeds-1 | Users connected with GlobalProtect                          |
      | Which alerts are firing in Grafana?                 | board      | \| DiskFull \| warning [1] \|                               |
      | What was noted in Grafana yesterday?                | board      | Grafana annotations, in board                               |

  Scenario: Nothing found is said with the time that was looked at
    Given globex has the splunk "siem", which finds nothing
    When Grace asks "How many failed logins were there yesterday?"
    Then the answer says "from 2025-12-31 00:00 to 2026-01-01 00:00 (Europe/London, “yesterday”): none found [1]."

  Scenario: A system that does not answer is named, and nothing is claimed
    Given globex has the splunk "siem", which does not answer
    When Grace asks "How many failed logins were there yesterday?"
    Then the answer says "I could not look"
    And the answer does not say "none found"
    And the answer quotes nothing
    And the answer warns: "splunk_query: gave no result (siem: does not answer)"

  Scenario: Whoever may not look is told so
    When Henry asks "Which alerts are firing in Grafana?"
    Then the answer says "your user may not look things up in Grafana (“lookup:grafana”)"
    And "board" was not asked

  Scenario: A firewall that there is not is not answered for by another
    When Grace asks "Is the HA of fw-austin-1 in sync?"
    Then the answer says "I do not know fw-austin-1. The firewalls that I can look at are: fw-leeds-1."
    And "fw-leeds-1" was not asked

  Scenario: What cannot be told apart is said
    When Grace asks "How many failed logins were there yesterday on dc-leeds-1?"
    Then the answer says "This look-up does not tell dc-leeds-1 apart: the above is of all."

  Scenario Outline: Asking to act is no asking to look
    When Grace requests "<request>"
    Then "<system>" was not asked
    And VICTORIA has received one ticket with the words "<request>"

    Examples:
      | request                                    | system     |
      | Block the IP 203.0.113.66 on the firewall  | siem       |
      | Restart fw-leeds-1                         | fw-leeds-1 |
