Feature: Asking
  Whoever asks is given sentences of their company's own documents, each with a citation
  that can be checked in the document itself.

  Background:
    Given the example documents of globex:
      | access-control-policy.md    |
      | firewall-change-runbook.md  |
      | siem-user-guide.md          |
    And SOPHIA has read them

  @quoting
  Scenario Outline: The answer follows the language of the question, the quote that of the document
    When Grace asks "<question>"
    Then the answer is in <language> and begins with "<beginning>"
    And the answer quotes "kept for 400 days" from "access-control-policy.md"
    And every citation stands, to the letter, where it says
    And all that it claims is borne out by a citation

    Examples:
      | language | beginning    | question                                                                |
      | English  | This is what | How long are privileged session recordings retained?                   |
      | Spanish  | Esto dice    | ¿Cuánto tiempo se conservan las grabaciones de sesiones privilegiadas? |

  @quoting
  Scenario: A message that does not show its language is answered in the company's
    When Grace asks "GP-7731"
    Then the answer is in English and begins with "What I have found"

  @quoting
  Scenario: In a thread, it is answered in the language that the thread is in
    Given Grace has asked "¿Cuánto tiempo se conservan las grabaciones de sesiones privilegiadas?"
    When Grace goes on with "GP-7731"
    Then the answer is in Spanish and begins with "En lo que he encontrado"

  Scenario: A question leans on the one before
    Given Grace has asked "How many people may enter the Leeds data hall?"
    When Grace goes on with "And what do they need?"
    Then the answer quotes "badge plus fingerprint" from "access-control-policy.md"
    When Henry asks "And what do they need?"
    Then the answer quotes nothing

  Scenario: SOPHIA remembers what a user told her in another thread, and tells nobody else
    Given Grace has said "For your information: my on-call shift ends on 14 March"
    When Grace asks "When does my on-call shift end?"
    Then the answer says "ends on 14 March"
    When Henry asks "When does my on-call shift end?"
    Then the answer does not say "14 March"

  Scenario: One company's documents answer nobody else
    When Grace asks "How long are privileged session recordings retained?"
    Then the answer quotes "kept for 400 days" from "access-control-policy.md"
    When Ana of acme asks "How long are privileged session recordings retained?"
    Then the answer quotes nothing
    And the answer does not say "Access Control Policy"
