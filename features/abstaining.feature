Feature: Abstaining
  If no document answers, SOPHIA says so. She never passes off a policy that is beside the point as an answer.

  Background:
    Given the example documents of globex:
      | access-control-policy.md    |
      | firewall-change-runbook.md  |
      | siem-user-guide.md          |

  @quoting
  Scenario Outline: Nothing is quoted on what no document is about
    Given SOPHIA has read them
    When Grace asks "<question>"
    Then the answer quotes nothing
    And the answer says "None of your documents is about this"
    And the answer offers nothing as near

    Examples:
      | question                                           |
      | What is the best flour for baking rye bread?       |
      | Which club won the Champions League final in 1999? |

  @quoting
  Scenario: Nothing is said of an identifier that nobody has written of
    Given SOPHIA has read them
    When Grace asks "Which hotfix fixed CVE-2024-47575 on our firewalls?"
    Then the answer quotes nothing
    And the answer says "does not mention «CVE-2024-47575»"

  @quoting
  Scenario: What is near is offered, not passed off as an answer
    Given SOPHIA has read them
    When Grace asks "How long are DNS logs searchable?"
    Then the answer quotes nothing
    And the answer says "nothing in your documents that answers this"
    And the answer offers as near "What the SIEM holds" of "SIEM User Guide"

  @quoting
  Scenario: Before any document is read there is nothing to quote
    When Grace asks "How long are privileged session recordings retained?"
    Then the answer quotes nothing
    And the answer says "None of your documents is about this"
    And the answer warns: "none of your company's documents has been read yet"
