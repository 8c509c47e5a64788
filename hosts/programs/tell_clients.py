#!/usr/bin/python3
"""Tell OpenVPN's clients to connect anew, when the failover monitor is about to move the address.

Without it they notice by their own timeout that they talk to nobody. On SIGUSR1 the server tells its clients
over their tunnels (`explicit-exit-notify`; over TCP it closes their connections), takes no new ones for two
seconds, and starts again within three. The monitor's word is authenticated with the key of its probe, which
nobody else has.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import socket
import sys
import time
from pathlib import Path

VALID_SECONDS = 30.0
"""How far the two clocks may be apart; a word is heard once, whoever sends it again."""

BEGIN = "-----BEGIN OpenVPN tls-crypt-v2 client key-----"
END = "-----END OpenVPN tls-crypt-v2 client key-----"


def main() -> int:
    """Listen for ever."""
    parser = argparse.ArgumentParser(description="Tell OpenVPN's clients that the address is about to move.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", type=Path, default=Path("/etc/openvpn/server/probe.key"))
    parser.add_argument("--management", default="/run/openvpn-server/server.sock")
    options = parser.parse_args()
    heard = 0.0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("0.0.0.0", options.port))  # noqa: S104  # the packet filter lets the VPC alone in
        while True:
            datagram, sender = listener.recvfrom(512)
            try:
                sent = checked(datagram, options.key)
                if sent > heard:
                    print(
                        f"told by {sender[0]} that the address moves: {tell(options.management)}", flush=True
                    )
                heard = max(heard, sent)
                listener.sendto(b"told", sender)
            except (OSError, ValueError) as error:
                print(f"not told: {error}", file=sys.stderr, flush=True)


def checked(datagram: bytes, key: Path) -> float:
    """When a word of the monitor's was sent.

    Raises:
        ValueError: it is none. The key's file goes then, to be fetched anew: it may be an old one.
    """
    word, _, tag = datagram.rpartition(b" ")
    if not hmac.compare_digest(tag, signature(word, key.read_text())):
        key.unlink(missing_ok=True)
        raise ValueError("a word that is not signed with the probe's key")
    sent = float(word.rpartition(b" ")[2])
    if abs(time.time() - sent) > VALID_SECONDS:
        raise ValueError(f"a word of {time.time() - sent:.0f} s ago")
    return sent


def signature(word: bytes, pem: str) -> bytes:
    """A word's HMAC-SHA256 under the key with which the probe signs its packets, in hexadecimal."""
    body = pem.partition(BEGIN)[2].partition(END)[0]
    return hmac.new(base64.b64decode(body)[192:224], word, "sha256").hexdigest().encode()


def tell(management: str) -> str:
    """What OpenVPN answers."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(management)
        stream = connection.makefile("rw")
        stream.readline()
        stream.write("signal SIGUSR1\n")
        stream.flush()
        return stream.readline().strip()


if __name__ == "__main__":
    sys.exit(main())
