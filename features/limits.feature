Feature: Limits
  A company, and each of its users, may use so much and no more. Whoever is at a limit is told so and when to come again;
  others do not notice.

  Background:
    Given globex has the document "vpn.md":
      """
      # Remote access

      A VPN session ends after 12 hours.
      """

  Scenario: Whoever asks too much in a minute comes again in the next
    Given a user may send 2 requests a minute
    And SOPHIA has read them
    And Grace has asked "After how many hours does a VPN session end?"
    And Grace has asked "When does a VPN session end?"
    When Grace asks "After how many hours does a VPN session end?"
    Then she is refused with "limit-exceeded", and told to come again within 60 seconds
    But Henry may ask "After how many hours does a VPN session end?"
    When 60 seconds pass
    Then Grace may ask "After how many hours does a VPN session end?"

  Scenario: One company at its limit leaves the other alone
    Given a company may send 2 requests a minute
    And SOPHIA has read them
    And Grace has asked "After how many hours does a VPN session end?"
    And Henry has asked "After how many hours does a VPN session end?"
    When Ana of globex asks "After how many hours does a VPN session end?"
    Then she is refused with "limit-exceeded"
    But Ana of acme may ask "¿Cuándo acaba una sesión de VPN?"

  Scenario: A company's own limits take the place of the usual ones
    Given a user may send 1 request a minute
    But a user of globex may send 3 requests a minute
    And SOPHIA has read them
    When Grace asks "After how many hours does a VPN session end?"
    And Grace asks "When does a VPN session end?"
    Then Grace may ask "After how many hours does a VPN session end?"

  Scenario: Only so many questions of a user are answered at once
    Given a user may have 1 run at once
    And SOPHIA has read them
    And SOPHIA is busy answering Grace
    When Grace asks "After how many hours does a VPN session end?"
    Then she is refused with "limit-exceeded"
    But Henry may ask "After how many hours does a VPN session end?"
    When SOPHIA has answered Grace
    Then Grace may ask "After how many hours does a VPN session end?"

  Scenario: What is repeated with its retry key is no other run
    Given a user may have 1 run at once
    And SOPHIA has read them
    And Grace has requested "After how many hours does a VPN session end?" with the retry key "k-1"
    And SOPHIA is busy answering Grace
    When Grace requests "After how many hours does a VPN session end?" with the retry key "k-1"
    Then the answer quotes "ends after 12 hours" from "vpn.md"
