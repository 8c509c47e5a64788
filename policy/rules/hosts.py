"""Rules about instances: what one instance or launch template shows alone."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from typing import Annotated, Any

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.graph import Resource
from policy.facts.references import config_rule, security_hub, well_architected
from policy.facts.values import UNKNOWN, part
from policy.rules.rule import Finding, Level, ResourceParameters, ResourceRule, Rule

HOSTS = frozenset({aws.INSTANCE, aws.SPOT_INSTANCE, aws.LAUNCH_TEMPLATE, aws.LAUNCH_CONFIGURATION})

_KEY_MATERIAL = re.compile(rb"-----BEGIN [A-Z0-9 ]*(PRIVATE KEY|(OpenVPN )?Static key V1)-----")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{20,}\s*)+(?:[A-Za-z0-9+/]+)?")
_GZIP = b"\x1f\x8b"
_WRAPPINGS = 4
"""How often user data may be packed: compressed, in Base64, in a file of cloud-init's, and once more."""

_LARGEST_BYTES = 1 << 24


class HopLimitParameters(ResourceParameters):
    """How far a metadata answer may travel."""

    maximum: Annotated[int, Field(ge=1, le=64, description="network hops of a metadata answer at most")] = 1


def _check_imdsv2(host: Resource, _parameters: Any) -> Iterator[Finding]:
    tokens = part(host.get("metadataOptions"), "httpTokens")
    if tokens is None and _has_template(host):
        yield _left_to_template(host, "metadataOptions.httpTokens")
    elif tokens is UNKNOWN:
        yield Finding(message="metadataOptions.httpTokens is not known yet", resource=host, undecided=True)
    elif tokens != "required":
        yield Finding(message="metadataOptions.httpTokens should be required, which is IMDSv2", resource=host)


def _check_hop_limit(host: Resource, parameters: HopLimitParameters) -> Iterator[Finding]:
    limit = part(host.get("metadataOptions"), "httpPutResponseHopLimit")
    if limit is None and _has_template(host):
        yield _left_to_template(host, "metadataOptions.httpPutResponseHopLimit")
    elif limit is UNKNOWN:
        message = "metadataOptions.httpPutResponseHopLimit is not known yet"
        yield Finding(message=message, resource=host, undecided=True)
    elif not isinstance(limit, int) or limit > parameters.maximum:
        message = f"metadataOptions.httpPutResponseHopLimit should be {parameters.maximum}"
        yield Finding(message=message, resource=host)


def _check_volumes(host: Resource, _parameters: Any) -> Iterator[Finding]:
    for name, device in _devices(host):
        encrypted = part(device, "encrypted")
        if encrypted is None and _has_template(host):
            yield _left_to_template(host, f"{name}.encrypted")
        elif encrypted is UNKNOWN:
            yield Finding(
                message=f"whether {name} is encrypted is not known yet", resource=host, undecided=True
            )
        elif encrypted not in (True, "true"):
            yield Finding(message=f"{name}.encrypted should be true", resource=host)


def _devices(host: Resource) -> Iterator[tuple[str, Any]]:
    """The root volume, whether it is declared or not, and every other volume."""
    if host.type != aws.LAUNCH_TEMPLATE:
        yield "rootBlockDevice", host.get("rootBlockDevice")
        for i, device in enumerate(host.items("ebsBlockDevices")):
            yield f"ebsBlockDevices[{i}]", device
        if host.get("ebsBlockDevices") is UNKNOWN and not host.is_computed("ebsBlockDevices"):
            yield "ebsBlockDevices", UNKNOWN
    else:
        mappings = list(enumerate(host.items("blockDeviceMappings")))
        volumes = [(i, mapping) for i, mapping in mappings if not _is_no_volume(mapping)]
        if not volumes:
            yield "blockDeviceMappings[].ebs", UNKNOWN if host.get("blockDeviceMappings") is UNKNOWN else None
        for i, mapping in volumes:
            yield f"blockDeviceMappings[{i}].ebs", part(mapping, "ebs")


def _is_no_volume(mapping: Any) -> bool:
    """Whether the mapping is of an instance store, or takes a device of the image away."""
    return bool(part(mapping, "virtualName") or part(mapping, "noDevice")) and part(mapping, "ebs") is None


def _has_template(host: Resource) -> bool:
    return host.type == aws.INSTANCE and host.get("launchTemplate") is not None


def _left_to_template(host: Resource, key: str) -> Finding:
    """The template is judged where it is made, which may be elsewhere."""
    return Finding(message=f"{key} is left to the launch template", resource=host, undecided=True)


def _check_key_pair(host: Resource, _parameters: Any) -> Iterator[Finding]:
    if host.get("keyName"):
        message = "keyName gives somebody SSH access; leave it out and use Session Manager"
        yield Finding(message=message, resource=host)


def _check_user_data(host: Resource, _parameters: Any) -> Iterator[Finding]:
    for key in ("userData", "userDataBase64"):
        text = host.get(key)
        if text is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=host, undecided=True)
        elif isinstance(text, str) and _holds_key(text.encode()):
            message = (
                f"{key} holds a private key, which every process on the host and whoever may describe "
                "instances can read; let the host fetch it from Secrets Manager"
            )
            yield Finding(message=message, resource=host)


def _holds_key(data: bytes, wrappings: int = _WRAPPINGS) -> bool:
    """Whether there is a key in user data as it is, or in anything that is packed in it."""
    if _KEY_MATERIAL.search(data):
        return True
    return wrappings > 0 and any(_holds_key(inner, wrappings - 1) for inner in _unpacked(data))


def _unpacked(data: bytes) -> Iterator[bytes]:
    if data.startswith(_GZIP):
        try:
            yield zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _LARGEST_BYTES)
        except zlib.error:
            return
    for match in _BASE64.finditer(data):
        text = b"".join(match[0].split())
        yield base64.b64decode(text[: len(text) // 4 * 4])


def _instance(properties: str) -> str:
    return f"""
            server:
              type: aws:ec2:Instance
              properties: {{ami: ami-0a1b2c3d, instanceType: t4g.nano, {properties}}}
        """


RULES: tuple[Rule, ...] = (
    ResourceRule(
        name="imdsv2-required",
        title="IMDSv2 required",
        description="Instances and launch templates answer metadata requests with a session token only "
        "(IMDSv2).",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(security_hub("EC2.8"), security_hub("EC2.170"), config_rule("ec2-imdsv2-check")),
        tags=("host", "credentials"),
        remediation="Set metadataOptions.httpTokens to required.",
        types=HOSTS,
        check=_check_imdsv2,
        bad=_instance("metadataOptions: {httpTokens: optional}"),
        good=_instance("metadataOptions: {httpTokens: required}"),
    ),
    ResourceRule(
        name="imds-hop-limit",
        title="Metadata stays on the host",
        description="Metadata answers travel one hop, so that forwarded traffic never reaches them.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(config_rule("ec2-token-hop-limit-check"),),
        tags=("host", "credentials"),
        remediation="Set metadataOptions.httpPutResponseHopLimit to 1.",
        types=HOSTS,
        parameters=HopLimitParameters,
        check=_check_hop_limit,
        bad=_instance("metadataOptions: {httpPutResponseHopLimit: 2}"),
        good=_instance("metadataOptions: {httpPutResponseHopLimit: 1}"),
    ),
    ResourceRule(
        name="encrypted-volumes",
        title="Encrypted volumes",
        description="Root volumes and all others of instances and launch templates are encrypted.",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(security_hub("EC2.3"), security_hub("EC2.7"), config_rule("encrypted-volumes")),
        tags=("host", "encryption"),
        remediation="Set encrypted: true on the root block device and on every other one.",
        types=HOSTS,
        check=_check_volumes,
        bad=_instance("rootBlockDevice: {volumeSize: 8}"),
        good=_instance("rootBlockDevice: {encrypted: true}"),
    ),
    ResourceRule(
        name="no-key-pair",
        title="No SSH key pairs",
        description="Hosts have no SSH key pair; people reach them through Session Manager, which is logged.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(well_architected("SEC03-BP02", "security-pillar/sec_permissions_least_privileges.html"),),
        tags=("host", "access"),
        remediation="Leave keyName out and give the role what Session Manager needs (ssmmessages).",
        types=HOSTS,
        check=_check_key_pair,
        bad=_instance("keyName: admin"),
        good=_instance("iamInstanceProfile: session-manager"),
    ),
    ResourceRule(
        name="no-keys-in-user-data",
        title="No private keys in user data",
        description="User data holds no private key: whoever may describe instances reads it.",
        level=Level.MANDATORY,
        severity=Severity.CRITICAL,
        references=(well_architected("SEC02-BP03", "security-pillar/sec_identities_secrets.html"),),
        tags=("host", "secrets"),
        remediation="Put the key into Secrets Manager and let the host read it when it starts.",
        types=HOSTS,
        check=_check_user_data,
        bad=_instance('userData: "-----BEGIN PRIVATE KEY-----"'),
        good=_instance('userData: "#cloud-config"'),
    ),
)
