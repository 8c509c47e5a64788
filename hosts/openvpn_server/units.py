"""systemd units of the server, and the kernel settings it needs.

Debian's own `openvpn-server@.service` runs the server; a drop-in adds to it.
"""

from __future__ import annotations

from hosts.hardening import HARDENED, WITHOUT_RIGHTS
from hosts.openvpn_server.host import NOTICE_PORT, ServerHost

SERVER_UNIT = "openvpn-server@server.service"
STATUS_FILE = "/run/openvpn-server/status-server.log"
"""Where Debian's unit has the server write its status, once a minute."""

FETCH_IDENTIFIER = "fetch-openvpn-secrets"
"""How its lines in the log begin: alarms look there, and nobody else can write such a line."""

TELL_UNIT = "tell-clients.service"
TELL_PROGRAM = "/usr/local/sbin/tell-clients"
FETCH_PROGRAM = "/usr/local/sbin/fetch-openvpn-secrets"

KERNEL_SETTINGS = """\
net.ipv4.ip_forward = 1
net.ipv4.conf.all.send_redirects = 0
net.ipv4.conf.default.send_redirects = 0
"""

_OF_ROOT = f"{HARDENED}UMask=0077\n"

SERVER_DROP_IN = f"""\
[Unit]
# Never forward without the packet filter.
Requires=nftables.service
After=nftables.service
ConditionPathExists=/etc/openvpn/server/server.key
ConditionPathExists=/etc/openvpn/server/crl.pem
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=1
# A connection over TCP is a file; systemd's own limit is 1024.
LimitNOFILE=65536
LogRateLimitIntervalSec=30
LogRateLimitBurst=2000
ReadWritePaths=/run/openvpn-server
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
# The instance's credentials are for the programs beside it.
IPAddressDeny=169.254.169.254 fd00:ec2::254
{_OF_ROOT}"""

FETCH_TIMER = """\
[Unit]
Description=Fetch the OpenVPN server's keys and revocation list

[Timer]
OnActiveSec=1
OnUnitInactiveSec=30
RandomizedDelaySec=10
AccuracySec=1

[Install]
WantedBy=timers.target
"""


TELL_SERVICE = f"""\
[Unit]
Description=Tell OpenVPN's clients when the address is about to move

[Service]
ExecStart={TELL_PROGRAM} --port {NOTICE_PORT}
Restart=always
RestartSec=5
ReadWritePaths=/etc/openvpn/server
RestrictAddressFamilies=AF_INET AF_UNIX
IPAddressDeny=169.254.169.254 fd00:ec2::254
UMask=0077
{WITHOUT_RIGHTS}
[Install]
WantedBy=multi-user.target
"""


def fetch_service(host: ServerHost) -> str:
    """The service behind the timer; it also starts the server, as soon as its keys are there."""
    return f"""\
[Unit]
Description=Fetch the OpenVPN server's keys and revocation list
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
TimeoutStartSec=60
SyslogIdentifier={FETCH_IDENTIFIER}
ExecStart={FETCH_PROGRAM} --region {host.region} --server-secret {host.server_secret} \
--crl-secret {host.crl_secret} --probe-secret {host.probe_secret} --unit {SERVER_UNIT}
ReadWritePaths=/etc/openvpn/server
CapabilityBoundingSet=
PrivateDevices=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
{_OF_ROOT}"""
