Feature: Deciding whether to hand over
  The user's own words, the user's permission and the company's setting decide whether a ticket is opened. A language
  model may ask for a ticket; that changes nothing but the reason that is kept of it. Where it is not clear whether the
  words ask for action, SOPHIA answers what they may ask, and asks whether to open a ticket.

  Background:
    Given globex has the document "vpn.md":
      """
      # VPN for suppliers

      Access to the VPN for suppliers is asked for with form V-7 and lasts 90 days.
      """

  Scenario Outline: What becomes of a message
    Given globex has handing over set to "<setting>"
    And <model>
    And SOPHIA has read them
    And SOPHIA cannot tell whether "Access to the VPN for suppliers" is a request
    When <who> says "<words>"
    Then what becomes of it is <outcome>
    And the model's wish for a ticket, if it had one, changed nothing

    Examples: The words ask for action
      | words                                       | who   | setting | model                                 | outcome    |
      | Block 203.0.113.7 on the perimeter firewall | Grace | auto    | no language model                     | a ticket   |
      | Block 203.0.113.7 on the perimeter firewall | Grace | auto    | a language model that wants no ticket | a ticket   |
      | Block 203.0.113.7 on the perimeter firewall | Grace | auto    | a language model that wants a ticket  | a ticket   |
      | Block 203.0.113.7 on the perimeter firewall | Grace | confirm | no language model                     | a question |
      | Block 203.0.113.7 on the perimeter firewall | Grace | confirm | a language model that wants no ticket | a question |
      | Block 203.0.113.7 on the perimeter firewall | Grace | confirm | a language model that wants a ticket  | a question |
      | Block 203.0.113.7 on the perimeter firewall | Grace | off     | no language model                     | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Grace | off     | a language model that wants no ticket | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Grace | off     | a language model that wants a ticket  | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | auto    | no language model                     | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | auto    | a language model that wants no ticket | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | auto    | a language model that wants a ticket  | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | confirm | no language model                     | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | confirm | a language model that wants no ticket | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | confirm | a language model that wants a ticket  | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | off     | no language model                     | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | off     | a language model that wants no ticket | a refusal  |
      | Block 203.0.113.7 on the perimeter firewall | Henry | off     | a language model that wants a ticket  | a refusal  |

    Examples: The words may ask for action, and may be a question
      | words                           | who   | setting | model                                 | outcome                   |
      | Access to the VPN for suppliers | Grace | auto    | no language model                     | an answer, and a question |
      | Access to the VPN for suppliers | Grace | auto    | a language model that wants no ticket | an answer, and a question |
      | Access to the VPN for suppliers | Grace | auto    | a language model that wants a ticket  | an answer, and a question |
      | Access to the VPN for suppliers | Grace | confirm | no language model                     | an answer, and a question |
      | Access to the VPN for suppliers | Grace | confirm | a language model that wants no ticket | an answer, and a question |
      | Access to the VPN for suppliers | Grace | confirm | a language model that wants a ticket  | an answer, and a question |
      | Access to the VPN for suppliers | Grace | off     | no language model                     | an answer                 |
      | Access to the VPN for suppliers | Grace | off     | a language model that wants no ticket | an answer                 |
      | Access to the VPN for suppliers | Grace | off     | a language model that wants a ticket  | an answer                 |
      | Access to the VPN for suppliers | Henry | auto    | no language model                     | an answer                 |
      | Access to the VPN for suppliers | Henry | auto    | a language model that wants no ticket | an answer                 |
      | Access to the VPN for suppliers | Henry | auto    | a language model that wants a ticket  | an answer                 |
      | Access to the VPN for suppliers | Henry | confirm | no language model                     | an answer                 |
      | Access to the VPN for suppliers | Henry | confirm | a language model that wants no ticket | an answer                 |
      | Access to the VPN for suppliers | Henry | confirm | a language model that wants a ticket  | an answer                 |
      | Access to the VPN for suppliers | Henry | off     | no language model                     | an answer                 |
      | Access to the VPN for suppliers | Henry | off     | a language model that wants no ticket | an answer                 |
      | Access to the VPN for suppliers | Henry | off     | a language model that wants a ticket  | an answer                 |

    Examples: The words ask to know
      | words                          | who   | setting | model                                 | outcome   |
      | How long does VPN access last? | Grace | auto    | no language model                     | an answer |
      | How long does VPN access last? | Grace | auto    | a language model that wants no ticket | an answer |
      | How long does VPN access last? | Grace | auto    | a language model that wants a ticket  | an answer |
      | How long does VPN access last? | Grace | confirm | no language model                     | an answer |
      | How long does VPN access last? | Grace | confirm | a language model that wants no ticket | an answer |
      | How long does VPN access last? | Grace | confirm | a language model that wants a ticket  | an answer |
      | How long does VPN access last? | Grace | off     | no language model                     | an answer |
      | How long does VPN access last? | Grace | off     | a language model that wants no ticket | an answer |
      | How long does VPN access last? | Grace | off     | a language model that wants a ticket  | an answer |
      | How long does VPN access last? | Henry | auto    | no language model                     | an answer |
      | How long does VPN access last? | Henry | auto    | a language model that wants no ticket | an answer |
      | How long does VPN access last? | Henry | auto    | a language model that wants a ticket  | an answer |
      | How long does VPN access last? | Henry | confirm | no language model                     | an answer |
      | How long does VPN access last? | Henry | confirm | a language model that wants no ticket | an answer |
      | How long does VPN access last? | Henry | confirm | a language model that wants a ticket  | an answer |
      | How long does VPN access last? | Henry | off     | no language model                     | an answer |
      | How long does VPN access last? | Henry | off     | a language model that wants no ticket | an answer |
      | How long does VPN access last? | Henry | off     | a language model that wants a ticket  | an answer |

  Scenario: A wish that the model alone has is refused, and kept on record
    Given a language model that wants a ticket
    And SOPHIA has read them
    When Grace says "How long does VPN access last?"
    Then the model was told "the user's own words ask for no action"
    And the record of globex says that a model's wish for a ticket was refused

  Scenario: A question about a request that is not clear says why it is asked
    Given SOPHIA has read them
    And SOPHIA cannot tell whether "Access to the VPN for suppliers" is a request
    When Grace says "Access to the VPN for suppliers"
    Then the answer says "lasts 90 days"
    And the answer says "Shall I open a ticket to have VICTORIA take care of “Access to the VPN for suppliers”?"
    And the reason given is "it is not clear whether the message asks for something to be done"
    When Grace goes on with "yes please"
    Then VICTORIA has received one ticket with the words "Access to the VPN for suppliers"
