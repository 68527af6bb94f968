# SPDX-License-Identifier: Apache-2.0
"""What a generated plant is about, and how the things in its program are called.

    a theme   "cistern": the rainwater cistern of a garden; a tank whose level must not overflow
    a role    "limit" → R_TRIP_POINT, "tripped" → s->latched: one word of the role's own pool

Pools of different roles have no word in common, so a name is drawn for each role by itself and
what one level adds never renames the rest. A part is called alike whether it is flawed or not.
Every plant and every controller here is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from proofhouse.bank.stream import Stream


@dataclass(frozen=True)
class Theme:
    """One subject: the plant it is, ``base`` for files, ``what`` for the prompt's sentence.

    ``value`` is what is measured, ``left`` the word for leaving the envelope, ``harm`` its
    sentence.
    """

    plant: str
    base: str
    what: str
    value: str
    left: str
    harm: str


THEMES: tuple[Theme, ...] = tuple(
    Theme(*row.split(" | "))
    for row in (
        "tank | cistern | the rainwater cistern of a garden | level | overflow | it overflows",
        "tank | brewery | the mash tun of a small brewery | level | overflow | it boils over",
        "tank | fountain | the upper basin of a fountain | level | overflow | it spills over",
        "well | borehole | the pump of a village well | drawdown | dry | the pump runs dry",
        "well | quarry | the dewatering sump of a quarry | drawdown | dry | the pump runs dry",
        "vessel | workshop | the air receiver of a workshop | pressure | burst | it bursts",
        "vessel | scuba | the filling station of a diving club | pressure | burst | it bursts",
        "feeder | funfair | the feeder of a funfair | heat | burnt | the cable burns through",
        "feeder | harbour | the shore supply of a marina | heat | burnt | the cable burns through",
        "furnace | kiln | the kiln of a pottery | temperature | melted | its load melts",
        "furnace | smelter | the oven of a bell foundry | temperature | melted | it melts down",
        "rotor | carousel | the drive of a carousel | speed | overspeed | it runs away",
        "rotor | flywheel | the flywheel of a test bench | speed | overspeed | it runs away",
        "basin | pool | the brine dosing of a sea-water pool | strength | overdose | it is spoilt",
        "basin | dyeworks | the dye bath of a weaving mill | strength | overdose | it is spoilt",
        "cascade | canal | the lock chamber of a model canal | stage | flooded | its gates flood",
        "cascade | fishpond | the lower pond of a fish farm | stage | flooded | its banks flood",
    )
)
"""Every theme."""

_POOLS = """
    context: station unit panel cabinet desk
    hold: words holding image table
    coil: bits switches coils flags
    input: shown views inputs readings
    tick: tick now clock beat
    mode: mode regime posture state
    drive: drive power effort push
    relief: relief vent bleed spill
    pv: value measure reading_now sensed
    tripped: tripped latched locked_out shut
    over: over beyond above high
    casts: casts broadcasts heard_all
    left: crossed escaped departed
    rng: seed_now dice noise_state churn

    setpoint: setpoint target wanted goal
    limit: limit trip_point ceiling cutout
    moding: mode_word regime_word command_mode selector
    output: output manual_drive hand_level throttle
    run: run start go engage
    ack: ack acknowledge reset_trip clear_latch
    lamp: lamp horn beacon siren
    spare_a: shift_number crew_code batch_number
    spare_b: comment_word label_word colour_code
    last_pv: last_value earlier_reading former
    pump_light: cabin_light hall_light yard_light

    units: units unit_code dimension
    gauge: calibration teach bench_mode
    nudge: nudge trim_by step_by adjust_by
    margin: margin allowance headroom slack
    delay: delay hold_off patience linger
    held: held counted pending waited
    gain: gain weight smoothing blend
    smooth: smooth averaged filtered calm_value
    select: select channel_number probe source_number
    channel: channel probes sensors sources
    test: test drill rehearsal proof_run
    test_left: test_left drill_left rehearsal_left proof_left
    bypass: bypass override_bit bridge jumper
    was_over: was_over edge_seen before last_high
    transfer: transfer handover takeover bumpless
    period: period every cadence interval
    phase: phase turn_count skipped slot_now
    early: early lead_band forewarn advance

    key: key passcode pin_word
    first: first challenge question
    second: second answer_word reply
    mark: mark stored_first basis
    stage: stage progress rung
    steady: steady settled quiet_scans
    visited: visited been_there touched
    token_hi: token_high seal_high ticket_high
    token_lo: token_low seal_low ticket_low
    operand: operand factor_word term_word
    extra_hi: second_high permit_high warrant_high
    extra_lo: second_low permit_low warrant_low
    keyed_at: keyed_at opened_at entered_at
    heart: heart alive_word pulse_word
    heart_age: heart_age alive_age silence
    heart_last: heart_last alive_last pulse_last
    run_time: run_time on_time duty
    moved_at: moved_at changed_at stepped_at

    f_open: prepare setup initialise begin
    f_scan: scan cycle_once one_pass sweep
    f_request: request serve_pdu handle_pdu answer_pdu
    f_plant_open: plant_open fill_plant plant_start
    f_plant_step: plant_step advance_plant plant_move
    f_plant_value: plant_value gauge_plant plant_look
    f_sensor: sensor sample_plant take_reading
    f_allowed: allowed may_write has_right
    f_fits: fits in_range acceptable
    f_apply: apply take_word commit_word
    f_find: find lookup_word locate
    f_refuse: refuse coil_refused bit_barred
    f_switch: switch_coil take_bit commit_bit
    f_mode: change_mode enter_mode take_mode
    f_enter: may_enter service_ok admits
    f_over: over_limit limit_reached past_limit
    f_trip: check_trip interlock watch_limit
    f_auto: automatic regulate hold_target
    f_second: second_watch supervise backstop
    f_show: show publish_inputs refresh
    f_get: get16 word_at be16
    f_put: put16 word_to store16
    f_noise: noise jitter wobble
    f_roll: roll draw_noise churn_once
    f_read_bits: read_bits send_bits list_bits
    f_read_words: read_words send_words list_words
    f_coil: write_coil set_bit one_coil
    f_word: write_word set_word one_word
    f_coils: write_coils set_bits many_coils
    f_words: write_words set_words many_words
    f_calm: calm is_calm well_below
"""


def _pools() -> dict[str, tuple[str, ...]]:
    lines = (line.strip().partition(": ") for line in _POOLS.splitlines() if line.strip())
    return {role: tuple(words.split()) for role, _, words in lines}


POOLS = MappingProxyType(_pools())
"""Every role and the words for it."""


class Words:
    """The names of one program: a word for each role, always the same one."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._known: dict[str, str] = {}

    def word(self, role: str) -> str:
        """The word for ``role``, a key of POOLS."""
        if role not in self._known:
            self._known[role] = self._stream.fork(role).choice(POOLS[role])
        return self._known[role]
