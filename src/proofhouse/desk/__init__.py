# SPDX-License-Identifier: Apache-2.0
"""The desk: one verb per module, and the one place where a statement enters the log.

A verb has two halves. Its **draft** is what a party writes: the statement's fields, with salts
drawn and the openings of what is salted kept beside it. The draft is signed elsewhere, by the
party, with its own key; the desk never signs for anybody. Then ``desk.register`` takes the
finished envelope, checks it against the rules, keeps what is confidential in the vault and appends
the leaf:

    draft = inquire.draft(case, bank, developer="Example Lab", contact="…", at=now)
    desk.register(draft.signed(key), draft.openings)
"""
