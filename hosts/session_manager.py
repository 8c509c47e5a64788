"""Session Manager's agent, which Debian's image lacks: AWS's package, its signature checked."""

from __future__ import annotations

INSTALL_PROGRAM = "/usr/local/sbin/install-ssm-agent"

_KEYRING = "/usr/local/share/ssm-agent-key.base64"
_KEY = """\
mQENBGTtIoIBCAD2M1aoGIE0FXynAHM/jtuvdAVVaX3Q4ZejTqrX+Jq8ElAMhxyOGzHu2CDtCYxt
VxXK3unptLVt2kGgJwNbhYC393jDeZx5dCda4Nk2YXX1UK3P461iaxuuXRzMYvfM4RZn+7bJTu63
5tA07q9Xm6MGD4TCTvsjBfViOxbrxOg5ozWbJdSwfSR8MwUrRfmFpAefRlYfCEuZ8FHywa9U6jLe
Wt2O/kqrZliJOAGjGzXtB7EZkqKbfaCCxikjjvhF1awdEqSK4DQorC/OvQc4I5kP5y2CJbtXvXO7
3QH2yE75JMDIIx9xrOsIRUoSfK3UrWaOVuAnEEn5ueKzZNqGG1J1ABEBAAG0J1NTTSBBZ2VudCA8
c3NtLWFnZW50LXNpZ25lckBhbWF6b24uY29tPokBPwQTAQIAKQUCZO0iggIbLwUJAsaYgAcLCQgH
AwIBBhUIAgkKCwQWAgMBAh4BAheAAAoJELwfSVyX3QTt+icH/A//tJsWI+7Ay8FGJh8dJPNy++HI
BjVSFdGNJFWNbw1Z8uZcazHEcUCH3FhW4CLQLTZ3OVPzqvFwzDtRDVIN/Y9EGDhLMFvimrE+/z4o
lWsJ5DANf6BnX8I5UNIcRt5d8SWH1BEJ2FWIBZFgKyTDI6XzRC5x4ahtgpOVAGeeKDehs+wh6Ga4
W0/K4GsviP1Kyr+Ic2brNAIq0q0IHyN1q9zam3Y0+jKwEuNmTj+Bjyzshyv/X8S0JWWoXJhkexkO
vWeBYNNt5wI4QcSteyfIzp6KlQF8q11Hzz9D9WaPfcBEYyhq7vLEARobkbQMBzpkmaZua2410RaW
G50HRvrgm4Y=
"""
"""The public key that AWS signs the agent's packages with, in OpenPGP's binary form, in base64.

From "Verifying the signature of SSM Agent", without the armour and other people's signatures. Fingerprint:
DE92 C7DA 3E56 E923 31D6 2A36 BC1F 495C 97DD 04ED.
"""


def session_manager_files(region: str) -> dict[str, str]:
    """The key, and the program that installs the agent from AWS's own bucket in the region.

    "latest" and not a pinned release: the agent updates itself anyway, and old releases go from the bucket.
    gpgv trusts the pinned key alone. It does not look at when a key ends, which AWS has put off each time
    so far; a package that another key has signed is refused, and the host then runs without the agent.
    """
    folder = f"https://s3.{region}.amazonaws.com/amazon-ssm-{region}/latest"
    install = f"""\
#!/bin/sh
set -eu
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
base64 --decode {_KEYRING} >key.gpg
package={folder}/debian_$(dpkg --print-architecture)/amazon-ssm-agent.deb
for suffix in '' .sig; do
  curl --fail --silent --show-error --retry 10 --retry-all-errors \\
    --output "agent.deb$suffix" "$package$suffix"
done
if ! gpgv --keyring "$folder/key.gpg" agent.deb.sig agent.deb; then
  echo "install-ssm-agent: refused: the package is not signed with the pinned key" >&2
  exit 1
fi
dpkg --install agent.deb
"""
    unit = f"""\
[Unit]
Description=Install the Session Manager agent
Wants=network-online.target
After=network-online.target
ConditionPathExists=!/usr/bin/amazon-ssm-agent
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={INSTALL_PROGRAM}
Restart=on-failure
RestartSec=300

[Install]
WantedBy=multi-user.target
"""
    return {
        _KEYRING: _KEY,
        INSTALL_PROGRAM: install,
        f"/etc/systemd/system/{INSTALL_UNIT}": unit,
    }


INSTALL_UNIT = "install-ssm-agent.service"
