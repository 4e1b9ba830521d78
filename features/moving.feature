Feature: Moving to another agent
  Who words the answers is a setting. When the operator changes it, nobody who works with SOPHIA loses anything: threads
  go on, what was said before is remembered, and citations stand.

  Background:
    Given the example documents of globex:
      | access-control-policy.md |
      | siem-user-guide.md       |
    And SOPHIA has read them

  Scenario Outline: A thread goes on where it was
    Given the answers are worded by <before>
    And Grace has asked "How long are privileged session recordings retained?"
    When the operator moves to <after>
    And Grace goes on with "And who may watch these recordings?"
    Then <after> knows what was asked and answered in the thread before
    And the answer quotes a passage of "access-control-policy.md"
    And every citation stands, to the letter, where it says
    And the citations from before the move stand as they did
    And Grace has one thread, with both questions and both answers

    Examples:
      | before                | after                 |
      | a classic Azure agent | an agent at Foundry   |
      | an agent at Foundry   | a classic Azure agent |
      | SOPHIA's own quoting  | an agent at Foundry   |
      | a language model      | an agent at Foundry   |
      | an agent at Foundry   | an agent at Foundry   |
      | an agent at Foundry   | a language model      |
      | an agent at Foundry   | SOPHIA's own quoting  |

  Scenario Outline: What was said in other threads is remembered
    Given the answers are worded by <before>
    And Grace has asked "How long are privileged session recordings retained?"
    When the operator moves to an agent at Foundry
    And Grace asks "For how long do we keep the recordings of privileged sessions?"
    Then an agent at Foundry is reminded of "How long are privileged session recordings retained?"
    And Grace finds the question "How long are privileged session recordings retained?" in her history

    Examples:
      | before                |
      | a classic Azure agent |
      | SOPHIA's own quoting  |
      | a language model      |

  Scenario: What was said while others worded the answers is known after moving back
    Given the answers are worded by an agent at Foundry
    And Grace has asked "How long are privileged session recordings retained?"
    When the operator moves to SOPHIA's own quoting
    And Grace goes on with "Where do I search the logs?"
    And the operator moves to an agent at Foundry
    And Grace goes on with "And who may watch these recordings?"
    Then an agent at Foundry knows what was asked and answered in the thread before
    And Foundry has one conversation for the thread

  Scenario: A thread goes on although Foundry has lost its conversation
    Given the answers are worded by an agent at Foundry
    And Grace has asked "How long are privileged session recordings retained?"
    And Foundry has lost every conversation
    When Grace goes on with "And who may watch these recordings?"
    Then an agent at Foundry knows what was asked and answered in the thread before
    And the answer quotes a passage of "access-control-policy.md"

  Scenario: What is asked for is handed over after the move as before
    Given the answers are worded by SOPHIA's own quoting
    When the operator moves to an agent at Foundry
    And Grace requests "Block 203.0.113.7 on the perimeter firewall"
    Then VICTORIA has received one ticket with the words "Block 203.0.113.7 on the perimeter firewall"
