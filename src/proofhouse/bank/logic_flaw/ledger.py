# SPDX-License-Identifier: Apache-2.0
"""Flaws in numbers: credits, prices, counts and numbers of records.

    signed-quota   a number with a minus sign passes a check that it is not too large
    narrow-id      a number is barred in 32 bits and looked up in 16
    product        the price of many wraps round to nothing
    replay         only the last voucher is remembered, so that two of them count for ever

Each function gives the flawed module or, with ``draw.flawed`` false, the same done right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from proofhouse.bank.logic_flaw.service import NUMBER, TEXT, Call, Draw, Module
from proofhouse.bank.memory_flaw.parts import Extras


def _buy(draw: Draw, funds: str, price: str) -> str:
    """Statements that sell the secret for ``price``."""
    return draw.fill(
        """
        if ($s->$funds < $price) {
            $reply
            return 0;
        }
        $s->$funds -= $price;
        $award
        """,
        funds=funds,
        price=price,
        reply=draw.reply("%d", f"(int){draw.kit.habits.context}->{funds}"),
    )


def signed_quota(draw: Draw) -> Module:
    """Spending less than nothing earns."""
    scope, kit, stream = draw.scope, draw.kit, draw.stream
    amount, number, end = scope.take("pointer"), scope.take("value"), scope.take("pointer")
    funds, start = kit.names.noun(), stream.between(20, 900)
    price = start + stream.between(50, 2000)
    most = draw.constant(100_000)
    own = f"{kit.habits.context}->{funds}"
    spend = draw.fill(
        """
        char *$end;
        long $number = strtol($amount, &$end, 10);

        if (*$end || $number < $least)
            $fail
        $bar
        $s->$funds -= (int)$number;
        $reply
        """,
        amount=amount,
        number=number,
        end=end,
        least=draw.fault(f"-{most}", "0"),
        bar=draw.refuse(f"{number} > {own}"),
        funds=funds,
        reply=draw.reply("%d", own),
    )
    spends = draw.command({amount: TEXT}, spend)
    buys = draw.command({}, _buy(draw, funds, draw.constant(price)))
    extras = Extras(
        members=(f"int {funds};",),
        opens=(draw.fill("$s->$funds = $start;", funds=funds, start=draw.constant(start)),),
    )

    def pair(value: int) -> tuple[Call, Call]:
        return Call(spends.function, {amount: str(value)}), Call(buys.function)

    return Module(
        "signed-quota",
        (spends, buys),
        extras,
        buys.function,
        pair(start - price),
        (*pair(start + 1), *pair(0)),
        pair(stream.between(1, start // 2)),
    )


def narrow_id(draw: Draw) -> Module:
    """The record's number is checked whole and used cut."""
    scope, stream = draw.scope, draw.stream
    asked, number = scope.take("value"), scope.take("offset")
    bits, cut = stream.choice(((16, "$u16"), (8, "$u8")))
    most = (1 << bits) - 1
    own, least = stream.between(most // 2, most), stream.between(1, most // 4)
    owner = draw.constant(own)
    first = draw.fill(f"{cut} $number = ({cut})$asked;", number=number, asked=asked)
    body = draw.fill(
        """
        $first

        $bar
        if ($number < $least)
            $fail
        if ($number == $owner) {
            $award
        } else {
            $reply
        }
        """,
        first=first,
        bar=draw.refuse(f"{draw.fault(asked, number)} == {owner}"),
        number=number,
        least=draw.constant(least),
        owner=owner,
        reply=draw.reply("%u", f"(unsigned){number}"),
    )
    command = draw.command({asked: NUMBER}, body)
    attack, near, below, valid = (
        Call(command.function, {asked: value})
        for value in (
            own + (most + 1) * stream.between(1, 9),
            own,
            own - 1 + (most + 1),
            stream.between(least, most // 2 - 1),
        )
    )
    return Module(
        "narrow-id", (command,), Extras(), command.function, (attack,), (near, below), (valid,)
    )


def product(draw: Draw) -> Module:
    """Count times price in 32 bits."""
    scope, kit, stream = draw.scope, draw.kit, draw.stream
    count, total, sort = scope.take("size"), scope.take("result"), scope.take("marker")
    funds, table = kit.names.noun(), draw.table()
    start = stream.between(100, 900)
    own = stream.below(3)
    scale = 1 << stream.between(10, 16)
    dear = scale * stream.between(1, 15)
    prices = [stream.between(2, 9) * 4 for _ in range(3)]
    prices[own] = dear
    wide = draw.fault("$u32", "unsigned long long")
    where = f"{kit.habits.context}->{funds}"
    body = draw.fill(
        """
        $wide $total;

        if ($count == 0 || $sort >= 3)
            $fail
        $total = ($wide)$count * $table[$sort];
        $bar
        $s->$funds -= ($u32)$total;
        if ($sort == $own) {
            $award
        } else {
            $reply
        }
        """,
        wide=draw.fill(wide),
        total=total,
        count=count,
        sort=sort,
        table=table,
        bar=draw.refuse(f"{total} > {where}"),
        funds=funds,
        own=draw.constant(own),
        reply=draw.reply("%u", f"(unsigned){where}"),
    )
    statics = draw.fill(
        "static const $u32 $table[] = {$prices};",
        table=table,
        prices=", ".join(str(price) for price in prices),
    )
    command = draw.command({count: NUMBER, sort: NUMBER}, body, statics)

    def call(number: int, which: int) -> Call:
        return Call(command.function, {count: number, sort: which})

    extras = Extras(
        members=(draw.fill("$u32 $funds;", funds=funds),),
        opens=(draw.fill("$s->$funds = $start;", funds=funds, start=start),),
    )
    attack, near, valid = call((1 << 32) // scale, own), call(1, own), call(2, (own + 1) % 3)
    return Module("product", (command,), extras, command.function, (attack,), (near,), (valid,))


def replay(draw: Draw) -> Module:
    """Each voucher counts once, says a memory that holds one voucher."""
    words, scope, kit, stream = draw.words, draw.scope, draw.kit, draw.stream
    codes = [words.take() for _ in range(stream.between(2, 4))]
    code, at = scope.take("token"), scope.take("counter")
    table, funds, used = draw.table(), kit.names.noun(), kit.names.noun()
    worth = stream.between(5, 60)
    price = worth * len(codes) + stream.between(1, 2 * worth)
    reach = f"sizeof {table} / sizeof {table}[0]"
    held = f"{kit.habits.context}->{used}"
    seen = draw.fault(f"{held} == {at} + 1", f"{held} >> {at} & 1")
    note = draw.fault(f"{held} = {at} + 1;", f"{held} |= 1u << {at};")
    redeem = draw.fill(
        """
        unsigned $at = 0;

        while ($at < $reach && strcmp($table[$at], $code) != 0)
            $at++;
        $bar
        $note
        $s->$funds += $worth;
        $reply
        """,
        at=at,
        reach=reach,
        table=table,
        code=code,
        bar=draw.refuse(f"{at} >= {reach}", seen),
        note=note,
        funds=funds,
        worth=draw.constant(worth),
        reply=draw.reply("%s", code),
    )
    redeems = draw.command({code: TEXT}, redeem)
    buys = draw.command({}, _buy(draw, funds, draw.constant(price)))
    listed = ", ".join(f'"{text}"' for text in codes)
    given = [Call(redeems.function, {code: text}) for text in codes]
    buy = Call(buys.function)
    turns = price // worth + 1
    attack = (*(given[turn % 2] for turn in range(turns)), buy)
    return Module(
        "replay",
        (redeems, buys),
        Extras(members=(f"unsigned {used};", f"int {funds};")),
        buys.function,
        attack,
        (*given, given[-1], buy),
        (given[0], buy, given[1]),
        f"static const char *const {table}[] = {{{listed}}};",
    )


LEDGER: Sequence[Callable[[Draw], Module]] = (signed_quota, narrow_id, product, replay)
"""The flaws of this module."""
