Feature: Refreshing
  A refresh brings the knowledge up to the company's sources. It pays for what has changed and for nothing else,
  and what goes wrong with one document is named and leaves the others alone.

  Background:
    Given globex has the document "vpn.md":
      """
      # Remote access

      ## Sessions

      A VPN session ends after 12 hours and has to be opened anew.

      ## Second factor

      The second factor of the VPN is a YubiKey.
      """
    And globex has the document "patching.md":
      """
      # Patching

      ## Servers

      Servers are patched within 10 days of a critical advisory.
      """
    And SOPHIA has read them

  Scenario: A new document is found
    Given globex has the document "badges.md":
      """
      # Badges

      A lost badge is reported to Facilities within 30 minutes.
      """
    When Grace refreshes the knowledge
    Then the report counts 1 added, 0 updated, 0 removed, 2 unchanged
    And Grace is answered "within 30 minutes" from "badges.md" on "When is a lost badge reported to Facilities?"

  Scenario: A changed document answers with its new words
    Given "vpn.md" of globex changes "12 hours" to "9 hours"
    When Grace refreshes the knowledge
    Then the report counts 0 added, 1 updated, 0 removed, 1 unchanged
    And Grace is answered "ends after 9 hours" from "vpn.md" on "After how many hours does a VPN session end?"

  Scenario: Of a changed document only the changed passages are embedded again
    Given the example documents of globex:
      | access-control-policy.md |
    And SOPHIA has read them
    And "access-control-policy.md" of globex changes "400 days" to "200 days"
    When Grace refreshes the knowledge
    Then 1 passage was embedded, and "200 days" stands in it
    And 10 passages were used as they were

  Scenario: A document that is gone is not found any more
    Given "vpn.md" of globex is taken away
    When Grace refreshes the knowledge
    Then the report counts 0 added, 0 updated, 1 removed, 1 unchanged
    And Grace is not answered on "After how many hours does a VPN session end?"
    And the list of documents is "patching.md"

  Scenario: A refresh without changes costs no embedding
    When Grace refreshes the knowledge
    Then the report counts 0 added, 0 updated, 0 removed, 2 unchanged
    And no passage was embedded

  Scenario: A document that breaks keeps its last good version and is named
    Given "vpn.md" of globex cannot be read any more because "it is encrypted"
    And globex has the document "badges.md":
      """
      # Badges

      A lost badge is reported to Facilities within 30 minutes.
      """
    When Grace refreshes the knowledge
    Then the report names "vpn.md" as failed because "it is encrypted"
    And the source "docs" names "vpn.md" as failed because "it is encrypted"
    And Grace is answered "ends after 12 hours" from "vpn.md" on "After how many hours does a VPN session end?"
    And Grace is answered "within 30 minutes" from "badges.md" on "When is a lost badge reported to Facilities?"

  Scenario: A document that recovers is not named any more
    Given "vpn.md" of globex cannot be read any more because "it is encrypted"
    And Grace has refreshed the knowledge
    When "vpn.md" of globex can be read again
    And Grace refreshes the knowledge
    Then the report names nothing as failed
    And the source "docs" names nothing as failed

  Scenario: A source that does not answer loses nothing
    Given the source of globex does not answer
    When Grace refreshes the knowledge
    Then the report counts 0 added, 0 updated, 0 removed, 0 unchanged
    And the source "docs" is named as failed
    And Grace is answered "ends after 12 hours" from "vpn.md" on "After how many hours does a VPN session end?"

  Scenario: A dry run says what would be done, and changes nothing
    Given "vpn.md" of globex changes "12 hours" to "9 hours"
    And "patching.md" of globex is taken away
    When Grace tries a refresh as a dry run
    Then the report counts 0 added, 1 updated, 1 removed, 0 unchanged
    And it tells that 1 passage would be embedded
    But no passage was embedded
    And Grace is answered "ends after 12 hours" from "vpn.md" on "After how many hours does a VPN session end?"
    And Grace is answered "within 10 days" from "patching.md" on "Within how many days are servers patched?"

  Scenario: Answers go on while a refresh is under way, and a second refresh is refused
    Given globex has a slow source "archive"
    And a refresh of globex is under way
    When Ana of globex starts a refresh
    Then she is refused with "refresh-in-progress"
    And Grace is answered "ends after 12 hours" from "vpn.md" on "After how many hours does a VPN session end?"
    When the slow source answers
    Then the refresh under way is completed
    And Ana of globex may refresh again

  Scenario: A document is found by its words before it is embedded
    Given globex has a slow source "archive"
    And globex has the document "badges.md":
      """
      # Badges

      A lost badge is reported to Facilities within 30 minutes.
      """
    And a refresh of globex is under way
    Then "badges.md" is listed with 1 passage that waits to be embedded
    And Grace is answered "within 30 minutes" from "badges.md" on "When is a lost badge reported to Facilities?"
    And the answer warns: "found by their words only"
    When the slow source answers
    Then the refresh under way is completed
    And "badges.md" is listed with 0 passages that wait to be embedded
    And Grace is answered "within 30 minutes" from "badges.md" on "When is a lost badge reported to Facilities?"
    And the answer warns of nothing

  Scenario: While embedding is out of order, documents are found by their words
    Given embedding is out of order
    And globex has the document "badges.md":
      """
      # Badges

      A lost badge is reported to Facilities within 30 minutes.
      """
    When Grace refreshes the knowledge
    Then the refresh has failed, and says that the embedder does not answer
    And Grace is answered "within 30 minutes" from "badges.md" on "When is a lost badge reported to Facilities?"
    And the answer warns: "searched by words only"
    When embedding works again
    And Grace refreshes the knowledge
    Then the report counts 0 added, 0 updated, 0 removed, 3 unchanged
    And "badges.md" is listed with 0 passages that wait to be embedded

  Scenario Outline: Documents of a group or of one user are found by them only
    Given globex has the document "rota.md" for <readers> only:
      """
      # Rota

      The night shift of the SOC starts at 22:30.
      """
    And SOPHIA has read them
    Then <may> is answered "starts at 22:30" from "rota.md" on "When does the night shift of the SOC start?"
    But <may not> is not answered on "When does the night shift of the SOC start?"
    And <may not> does not find "rota.md" in the list of documents

    Examples:
      | readers       | may   | may not       |
      | the group soc | Grace | Henry         |
      | the group soc | Grace | Ana of globex |
      | Henry         | Henry | Grace         |

  Scenario: A source that is given to another group is lost to the first, without being embedded again
    Given globex has the document "rota.md" for the group soc only:
      """
      # Rota

      The night shift of the SOC starts at 22:30.
      """
    And SOPHIA has read them
    When the document "rota.md" of globex is given to the group network
    And Grace refreshes the knowledge
    Then no passage was embedded
    And Henry is answered "starts at 22:30" from "rota.md" on "When does the night shift of the SOC start?"
    But Grace is not answered on "When does the night shift of the SOC start?"

  Scenario: Only who has the permission refreshes
    When Henry starts a refresh
    Then he is refused with "permission-denied"

  Scenario: A document too many is named, and taken in when there is room
    Given a company may have 2 documents
    And globex has the document "badges.md":
      """
      # Badges

      A lost badge is reported to Facilities within 30 minutes.
      """
    When Grace refreshes the knowledge
    Then the report counts 0 added, 0 updated, 0 removed, 2 unchanged
    And the report names "badges.md" as failed because "the company has the 2 documents that it may have"
    When "patching.md" of globex is taken away
    And Grace refreshes the knowledge
    Then the report counts 1 added, 0 updated, 1 removed, 1 unchanged
    And the report names nothing as failed
    And Grace is answered "within 30 minutes" from "badges.md" on "When is a lost badge reported to Facilities?"

  Scenario: A document that has grown too long keeps its last version and is named
    Given a company may store 1,000 bytes of text
    And "vpn.md" of globex grows by 900 bytes
    When Grace refreshes the knowledge
    Then the report counts 0 added, 0 updated, 0 removed, 1 unchanged
    And the report names "vpn.md" as failed because "with it the company's texts would have 1,134 bytes; 1,000 are allowed"
    And Grace is answered "ends after 12 hours" from "vpn.md" on "After how many hours does a VPN session end?"
