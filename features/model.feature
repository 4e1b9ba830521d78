Feature: A language model words the answers
  A company may let a language model word SOPHIA's answers. What it says is held to the company's documents,
  and it can do nothing that the user has not asked for.

  Background:
    Given the example documents of globex:
      | access-control-policy.md    |
      | siem-user-guide.md          |
    And SOPHIA has read them

  Scenario: What the model cites is shown with the exact words that it rests on
    Given a language model that says "Recordings of privileged sessions are kept for 400 days [passage]."
    When Grace asks "How long are privileged session recordings retained?"
    Then the answer says "are kept for 400 days [1]."
    And the answer quotes "kept for 400 days" from "access-control-policy.md"
    And every citation stands, to the letter, where it says
    And all that it claims is borne out by a citation
    And the answer warns of nothing

  Scenario: A claim that the cited words do not bear out is marked
    Given a language model that says "Dragons guard every data hall at night and breathe fire [passage]."
    When Grace asks "How long are privileged session recordings retained?"
    Then one sentence of the answer is marked as not borne out

  Scenario: A number that belongs to no passage is taken out, and what it stood for is marked
    Given a language model that says "Recordings are kept for ten years [99]."
    When Grace asks "How long are privileged session recordings retained?"
    Then the answer is "Recordings are kept for ten years."
    And the answer quotes nothing
    And one sentence of the answer is marked as not borne out

  Scenario: Words in quotation marks that the document does not hold are found out
    Given a language model that says "The policy says “kept for ten years” [passage]."
    When Grace asks "How long are privileged session recordings retained?"
    Then the quote "kept for ten years" is marked as not verified
    And the answer warns: "citations that do not stand in the document word for word, marked unverified: 1"
    And one sentence of the answer is marked as not borne out

  Scenario: The model looks further, and what it finds can be cited
    Given a language model that searches for "Where do I search the logs?" and cites what it finds
    When Grace asks "How long are privileged session recordings retained?"
    Then the answer quotes a passage of "siem-user-guide.md"
    And every citation stands, to the letter, where it says

  Scenario: The model goes by what was said before, as its user was told it
    Given a language model that says "Recordings of privileged sessions are kept for 400 days [passage]."
    And Grace has asked "How long are privileged session recordings retained?"
    When Grace goes on with "And where?"
    Then the model was told that "Recordings of privileged sessions are kept for 400 days." had been answered

  Scenario Outline: A model that claims a ticket opens none
    Given a language model that calls create_ticket and says "I have opened a ticket."
    When <who> asks "How do I block a hostile address?"
    Then the model was told that the ticket is refused
    And no ticket is opened

    Examples:
      | who   |
      | Grace |
      | Henry |

  Scenario: An answer that the model could not finish says so
    Given a language model that runs into its limit after "Recordings are kept"
    When Grace asks "How long are privileged session recordings retained?"
    Then the answer is "Recordings are kept"
    And the answer warns: "answer: cut off at the limit of what the model may write"

  Scenario Outline: A model that fails is named, and the question can be asked again
    Given a language model that <fails>
    When Grace asks "How long are privileged session recordings retained?"
    Then she is refused with "unavailable"
    Given a language model that says "Recordings of privileged sessions are kept for 400 days [passage]."
    When Grace asks "How long are privileged session recordings retained?"
    Then the answer quotes "kept for 400 days" from "access-control-policy.md"

    Examples:
      | fails                              |
      | does not answer                    |
      | breaks off in the middle of a word |
