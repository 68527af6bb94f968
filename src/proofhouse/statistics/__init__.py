# SPDX-License-Identifier: Apache-2.0
"""Numbers to numbers: one module per published method, opening with its paper.

    plan          what a desk calls: build a plan, simulate it, say what it leaks
    simulation    would the plan keep its promises? five scenarios, leakage, refusals
    sprt          the sequential test, many runs at once
    selection     which items, in which order: randomesque choice near the cut
    leakage       how narrowly somebody who sees every prompt can place the cut
    expected      the items that are expected to move the evidence most
    rasch         the response model; ability with an interval
    irt           calibration: items' parameters from a sample of solvers, with their errors
    glr           the generalised likelihood ratio
    curtailment   when what is left can no longer decide, or hardly
    eprocess      a claim and an interval that stay valid whenever one stops
    proportion    exact and score intervals of a share
    clustered     means with clustered and with paired errors
    accuracy      these items, items like these, families like these
    below_chance  fewer right than by guessing
    personfit     hard ones right, easy ones wrong
    equality      is it the same model? kernel test with permutations
    responses     recorded responses, read strictly
    horizon       the time horizon of recorded responses
    likelihood    how likely outcomes are under each horizon: two views, weighed together
    peers         sequential tests on recorded responses: ours and those it is compared with
    replay        any of them on recorded responses

Everything here is pure: no clock, no file, no network, randomness only from a seed that is handed
in. Inside, scale positions are floating-point logits; what goes into a statement is an integer
(micro-logits, micro-nats, parts per million), rounded to the side that claims less.
The decision itself is not made here but in `proofhouse.rules.determination`.
"""
