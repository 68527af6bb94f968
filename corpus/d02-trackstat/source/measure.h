/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured of legs, laps and tracks. NONE is what cannot be said. */
#ifndef MEASURE_H
#define MEASURE_H

#include "track.h"

#define NONE (-1L)

/* Count the leg between two points for a lap. A leg that took no time has a length and may climb,
 * but says nothing of the top speed; nor does one of the other legs change for it.
 */
void leg_add(struct lap *lap, const struct point *from, const struct point *to);

/* Metres an hour, rounded down; NONE of a lap that took no time. */
long lap_speed(const struct lap *lap);

/* Metres climbed in a thousand, rounded down; NONE of a lap that is nowhere longer than a point. */
long lap_grade(const struct lap *lap);

/* Another lap with the sums of both; the top speed is the higher one. */
void lap_join(struct lap *sum, const struct lap *lap);

#endif
