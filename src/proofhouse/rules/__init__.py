# SPDX-License-Identifier: Apache-2.0
"""What may happen and what follows from it: pure, without clock, store, key or network.

tables            a state machine as a dict; diagrams are drawn from it
inquiry, review   the two stages of R2, every state a row
registration      what may be registered, and what a case is: start here
terms, window     the six clauses (R4) and the access window (R3)
determination     the integer kernel; ``replay`` makes a determination again
audience          who is shown which hidden field (R7)
entries           from a signed envelope to what the rules judge
"""
