"""When a tunnel is held dead and when it is trusted again: the numbers that every device's watch is made of.

AWS's inside address is asked over the tunnel, a round a second. A round is missed when none of its probes is
answered, and a tunnel is left after three missed rounds. With 5 % of packets lost in each direction a probe
fails with 1 - 0.95 * 0.95 = 0.0975; nine in a row with 0.0975 ** 9 = 8e-10, which at a round a second is once
in forty years. Three single probes (0.0975 ** 3) would do so every 18 minutes.
"""

from __future__ import annotations

PROBES_A_ROUND = 3
PROBE_INTERVAL_SECONDS = 0.25
PROBE_TIMEOUT_SECONDS = 0.4
"""Seconds that the last probe of a round is waited for: more than the 200 ms of a far or busy line."""

ROUNDS_TO_LEAVE = 3
QUIET_SECONDS = 10
"""Seconds in which every round is answered before a tunnel that was left is used again. With static routes
also those until a tunnel that was ended is called; they double with every call that does not last as long."""

LONGEST_QUIET_SECONDS = 600
"""What the doubled seconds come to at most: a call that finds ESP still dead costs AWS's answers some two and
a half seconds, which is then less than half a percent of the time."""
ROUNDS_TO_TRY = 2
"""Missed rounds after which a tunnel that was called is ended again: one may have begun before its SA."""
STUCK_SECONDS = 60
"""Seconds after which a call that came to an IKE session without ESP, or to nothing, begins anew: three times
what a daemon gives an answer."""

TAKEN_OVER_MED = 50
"""What the other tunnel announces meanwhile: less than both tunnels' 100 and 200, so AWS answers there."""

FOR_TEMPLATES = {
    "probes": PROBES_A_ROUND,
    "interval": PROBE_INTERVAL_SECONDS,
    "timeout": PROBE_TIMEOUT_SECONDS,
    "rounds": ROUNDS_TO_LEAVE,
    "quiet": QUIET_SECONDS,
    "longest": LONGEST_QUIET_SECONDS,
    "trial": ROUNDS_TO_TRY,
    "stuck": STUCK_SECONDS,
    "med": TAKEN_OVER_MED,
}
"""The numbers as templates know them: `watch.rounds`."""
