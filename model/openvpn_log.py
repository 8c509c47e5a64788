"""OpenVPN's own lines, as the log groups of its servers have them: the program, a colon, what it says.

Each is matched as a whole: OpenVPN also logs subjects of certificates that it refuses, which say anything.
"""

from __future__ import annotations

import re

_PEER = r"\d+(?:\.\d+){3}:\d+"

CONNECTED = re.compile(
    rf"openvpn: (?:{_PEER} )?\[(?P<name>[^\]]+)\] Peer Connection Initiated with \[AF_INET\](?P<peer>{_PEER})"
)
GONE = re.compile(
    rf"openvpn: (?P<name>[^\s/]+)/(?P<peer>{_PEER}) SIG\S+ received, client-instance (?:exiting|restarting)"
)
STARTED = re.compile(r"openvpn: Initialization Sequence Completed")
