"""What units of the program's own give up: whoever breaks into one has little (systemd.exec(5))."""

from __future__ import annotations

HARDENED = """\
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
"""Of any service."""

WITHOUT_RIGHTS = f"""\
CapabilityBoundingSet=
PrivateDevices=yes
PrivateTmp=yes
{HARDENED}"""
"""Of one that needs no capability, no device and no file of others in /tmp."""
