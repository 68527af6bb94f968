# SPDX-License-Identifier: Apache-2.0
"""Writes a controller as C: its scan, its interlocks, its modes, and who may write what.

    void scan(struct station *s, struct plant *p)
        read the sensor → look at the limit → second watch → drive by mode → trip wins → show

One scan a tick. Modes: off (no drive), automatic (drives to the set point), service (the run coil
drives with the manual output), and with some features calibration. A trip drives nothing and opens
the relief until it is acknowledged. Text comes from the features' and guards' slots.
"""

from __future__ import annotations

from collections.abc import Sequence

from proofhouse.bank.control_system.features import Map
from proofhouse.bank.control_system.parts import Part, Register, Shop, inset, joined, last

_AUTOMATICS = (
    """
    static $i32 $f_auto(const $ctx *$s)
    {
        if ($m_pv + $band < $R_setpoint)
            return 100;
        if ($m_pv > $R_setpoint + $band)
            return 0;
        return $m_drive;
    }
    """,
    """
    static $i32 $f_auto(const $ctx *$s)
    {
        $i32 error = ($i32)$R_setpoint - $m_pv;
        $i32 push = 35 + error * 2500 / $span;

        if (push < 0)
            return 0;
        return push > 100 ? 100 : push;
    }
    """,
    """
    static $i32 $f_auto(const $ctx *$s)
    {
        static const $u8 steps[] = {0, 20, 35, 55, 75, 100};
        $i32 error = ($i32)$R_setpoint - $m_pv + 2 * $band;
        $i32 step = error <= 0 ? 0 : 1 + error / $band;

        return steps[step > 5 ? 5 : step];
    }
    """,
    """
    static $i32 $f_auto($ctx *$s)
    {
        $i32 ahead = $m_pv + 3 * (($i32)$m_pv - $m_last_pv);

        $m_last_pv = $m_pv;
        if (ahead < $R_setpoint)
            return ahead + 2 * $band < $R_setpoint ? 100 : 60;
        return ahead > $R_setpoint + $band ? 0 : 30;
    }
    """,
)


class Controller:
    """Writes the control file of one program from its parts."""

    def __init__(
        self, shop: Shop, parts: Sequence[Part], registers: Sequence[Register], the: Map
    ) -> None:
        self._shop, self._parts, self._registers, self._map = shop, parts, registers, the
        self._stream = shop.stream.fork("control")
        self._ctx = f"struct {shop.context_type}"
        self._auto = self._stream.fork("auto").below(len(_AUTOMATICS))

    def _fill(self, text: str, **names: object) -> str:
        return self._shop.fill(text, ctx=self._ctx, **names)

    def _slot(self, name: str) -> str:
        return self._fill(joined(self._parts, name))

    def _one(self, name: str, default: str) -> str:
        return self._fill(last(self._parts, name, default))

    def members(self) -> tuple[str, ...]:
        """Members which the controller needs whatever its features."""
        slope = ("$i32 $M_last_pv;",) if self._auto == 3 else ()
        return (
            "$u32 $M_tick;",
            "$u16 $M_mode;",
            "$u16 $M_pv;",
            "$i32 $M_drive;",
            "$u8 $M_relief;",
            "$u8 $M_tripped;",
            "$u8 $M_over;",
            "$u32 $M_casts;",
            *slope,
        )

    def functions(self) -> tuple[str, ...]:
        """Every function of the control file, callees first."""
        scale = self._shop.scale
        automatic = self._fill(_AUTOMATICS[self._auto], band=scale.part(1), span=scale.span)
        made = (
            self._open(),
            self._over(),
            self._trip(),
            automatic,
            self._show(),
            self._scan(),
            self._enter(),
            self._mode(),
            self._allowed(),
            self._fits(),
            self._apply(),
            self._refuse(),
            self._switch(),
        )
        calm = self._fill("$f_calm(")
        helpers = (self._calm(),) if any(calm in text for text in made) else ()
        return (*helpers, *(text for text in made if text))

    def _open(self) -> str:
        starts = "\n".join(
            self._fill(f"$R_{r.role} = {r.start};") for r in self._registers if r.start
        )
        return self._fill(
            """
            void $f_open($ctx *$s)
            {
                memset($s, 0, sizeof *$s);
                $starts
                $m_mode = $AUTO;
                $opens
            }
            """,
            starts=starts,
            opens=self._slot("open"),
        )

    def _calm(self) -> str:
        gap = self._shop.number("CALM_GAP", self._shop.scale.part(9))
        return self._fill(
            """
            static int $f_calm(const $ctx *$s)
            {
                return $m_pv + $gap < $R_limit;
            }
            """,
            gap=gap,
        )

    def _over(self) -> str:
        return self._fill(
            """
            static int $f_over(const $ctx *$s)
            {
                $i32 value = $seen;

                $sum
                return value >= $threshold;
            }
            """,
            seen=self._one("seen", "$m_pv"),
            sum=self._slot("sum"),
            threshold=self._one("threshold", "$R_limit"),
        )

    def _trip(self) -> str:
        masks = "\n".join(filter(None, (self._slot(f"mask:{at}") for at in range(6))))
        return self._fill(
            """
            static void $f_trip($ctx *$s)
            {
                int over = $f_over($s);

                $m_over = ($u8)over;
                $masks
                $latch
            }
            """,
            masks=masks,
            latch=self._one("latch", "if (over)\n    $m_tripped = 1;"),
        )

    def _show(self) -> str:
        roles = self._stream.fork("show").shuffled(("pv", "drive", "mode", "tick"))
        lines = "\n".join(
            self._fill(f"$m_input[{at}] = ($u16)$m_{role};") for at, role in enumerate(roles)
        )
        return self._fill(
            """
            static void $f_show($ctx *$s)
            {
                $lines
                $R_moding = $m_mode;
            }
            """,
            lines=lines,
        )

    def _scan(self) -> str:
        by_switch = """
            switch ($m_mode) {
            case $AUTO:
                $m_drive = $f_auto($s);
                break;
            case $SERVICE:
                $m_drive = $C_run ? $R_output : 0;
                break;
            default:
                $m_drive = 0;
            }
            """
        by_tests = """
            if ($m_mode == $AUTO)
                $m_drive = $f_auto($s);
            else if ($m_mode == $SERVICE && $C_run)
                $m_drive = $R_output;
            else
                $m_drive = 0;
            """
        wins = (
            "if ($m_tripped)\n    $m_drive = 0;\n$m_relief = $m_tripped || $C_relief;",
            "$m_relief = $C_relief;\nif ($m_tripped) {\n    $m_drive = 0;\n    $m_relief = 1;\n}",
        )
        return self._fill(
            """
            void $f_scan($ctx *$s, struct plant *p)
            {
                $m_tick++;
                $read
                $each
                $f_trip($s);
                $second
                $modes
                $wins
                $f_show($s);
            }
            """,
            read=self._one("read", "$m_pv = $f_sensor(p);"),
            each=self._slot("scan"),
            second=self._slot("second"),
            modes=self._fill(self._stream.fork("scan").choice((by_switch, by_tests))),
            wins=self._fill(self._stream.fork("wins").choice(wins)),
        )

    def _enter(self) -> str:
        tests = self._slot("admit")
        if not tests:
            return ""
        return self._fill(
            """
            static int $f_enter(const $ctx *$s)
            {
                $tests
                return 1;
            }
            """,
            tests=tests,
        )

    def _mode(self) -> str:
        test = "if (value == $SERVICE && $m_mode != $SERVICE && !$f_enter($s))\n    return 4;"
        return self._fill(
            """
            static int $f_mode($ctx *$s, $u16 value)
            {
                $test
                $leave
                $enter
                if (value != $SERVICE)
                    $C_run = 0;
                $m_mode = value;
                return 0;
            }
            """,
            test=self._fill(test) if self._slot("admit") else "",
            leave=self._slot("leave"),
            enter=self._slot("enter"),
        )

    def _allowed(self) -> str:
        opened = [self._fill(f"$r_{r.role}") for r in self._registers if r.open]
        rights = self._slot("rights:limit")
        special = self._fill(f"if (reg == $r_limit && ({rights}))\n    return 1;") if rights else ""
        cases = "\n".join(f"case {name}:" for name in opened)
        by_switch = f"switch (reg) {{\n{cases}\n    return 1;\n}}"
        by_table = (
            f"static const $u8 always[] = {{{', '.join(opened)}}};\n\n"
            "for (size_t k = 0; k < sizeof always; k++)\n"
            "    if (always[k] == reg)\n        return 1;"
        )
        body = self._stream.fork("allowed").choice((by_switch, by_table))
        return self._fill(
            """
            int $f_allowed(const $ctx *$s, unsigned reg)
            {
                $body
                $special
                return $m_mode == $SERVICE;
            }
            """,
            special=special,
            body=self._fill(body),
        )

    def _fits(self) -> str:
        mode = " || ".join(
            text
            for text in (
                "value == $OFF",
                "value == $AUTO",
                "value == $SERVICE",
                self._slot("mode"),
            )
            if text
        )
        tests = {"moding": self._fill(mode)}
        for register in self._registers:
            special = self._slot(f"range:{register.role}")
            if special:
                tests[register.role] = special
        plain = [
            r for r in self._registers if r.role not in tests and (r.low, r.high) != (0, 0xFFFF)
        ]
        if self._stream.fork("fits").chance(1, 2):
            tests |= {r.role: _between(r) for r in plain}
            table = walk = ""
        else:
            rows = ",\n".join(
                f"    {{{self._fill(f'$r_{r.role}')}, {r.low}, {r.high}}}" for r in plain
            )
            table = (
                "static const struct {\n    $u16 reg, low, high;\n} bounds[] = {\n"
                f"{rows},\n}};\n"
            )
            walk = (
                "for (size_t k = 0; k < sizeof bounds / sizeof bounds[0]; k++)\n"
                "    if (bounds[k].reg == reg)\n"
                "        return value >= bounds[k].low && value <= bounds[k].high;"
            )
        order = [role for role in self._map.words if role in tests]
        cases = "\n".join(
            self._fill(f"case $r_{role}:") + "\n" + inset(f"return {tests[role]};")
            for role in order
        )
        return self._fill(
            """
            int $f_fits(const $ctx *$s, unsigned reg, $u16 value)
            {
                $table
                switch (reg) {
                $cases
                }
                $walk
                return 1;
            }
            """,
            table=self._fill(table),
            cases=cases,
            walk=self._fill(walk),
        )

    def _apply(self) -> str:
        cases = [
            self._fill(
                "case $r_moding:\n    rc = $f_mode($s, value);\n"
                "    if (rc != 0)\n        return rc;\n    break;"
            )
        ]
        for role in self._map.words:
            store, effect = self._slot(f"store:{role}"), self._slot(f"effect:{role}")
            if store:
                cases.append(self._fill(f"case $r_{role}:\n{inset(store)}\n    return 0;"))
            elif effect:
                cases.append(self._fill(f"case $r_{role}:\n{inset(effect)}\n    break;"))
        return self._fill(
            """
            int $f_apply($ctx *$s, unsigned reg, $u16 value)
            {
                int rc;

                switch (reg) {
                $cases
                }
                $m_hold[reg$mask] = value;
                return 0;
            }
            """,
            cases="\n".join(cases),
            mask=self._shop.mask,
        )

    def _refuse(self) -> str:
        tests = {"run": "if (on && $m_mode != $SERVICE)\n    return 4;"}
        tests["ack"] = last(self._parts, "barred:ack", "if (on && $m_over)\n    return 4;")
        for role in self._map.coils:
            text = joined(self._parts, f"barred:{role}")
            if text and role != "ack":
                tests[role] = text
        order = [role for role in self._map.coils if tests.get(role)]
        by_switch = "\n".join(
            f"case $c_{role}:\n{inset(tests[role])}\n    break;" for role in order
        )
        by_tests = "\n".join(
            f"if (coil == $c_{role}) {{\n{inset(tests[role])}\n}}" for role in order
        )
        body = self._stream.fork("refuse").choice((f"switch (coil) {{\n{by_switch}\n}}", by_tests))
        return self._fill(
            """
            int $f_refuse(const $ctx *$s, unsigned coil, int on)
            {
                $body
                return 0;
            }
            """,
            body=self._fill(body),
        )

    def _switch(self) -> str:
        cases = ["if (coil == $c_ack && on) {\n    $m_tripped = 0;\n    $C_ack = 0;\n}"]
        for role in self._map.coils:
            text = joined(self._parts, f"switched:{role}")
            if text:
                cases.append(f"if (coil == $c_{role}) {{\n{inset(text)}\n}}")
        return self._fill(
            """
            void $f_switch($ctx *$s, unsigned coil, int on)
            {
                $m_coil[coil] = ($u8)(on != 0);
                $cases
            }
            """,
            cases=self._fill("\n".join(cases)),
        )


def _between(register: Register) -> str:
    if register.low == 0:
        return f"value <= {register.high}"
    return f"value >= {register.low} && value <= {register.high}"
