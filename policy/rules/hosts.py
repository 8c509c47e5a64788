"""Rules about instances: what one instance or launch template shows alone."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pulumi_policy import Severity
from pydantic import Field

from policy import aws_types as aws
from policy.graph import Resource
from policy.references import config_rule, security_hub, well_architected
from policy.rule import Finding, Level, ResourceParameters, ResourceRule, Rule
from policy.values import UNKNOWN, part

HOSTS = frozenset({aws.INSTANCE, aws.LAUNCH_TEMPLATE})

_KEY_MATERIAL = re.compile(r"-----BEGIN [A-Z0-9 ]*(PRIVATE KEY|Static key V1)-----")


class HopLimitParameters(ResourceParameters):
    """How far a metadata answer may travel."""

    maximum: Annotated[int, Field(ge=1, le=64, description="network hops of a metadata answer at most")] = 1


def _check_imdsv2(host: Resource, _parameters: Any) -> Iterator[Finding]:
    tokens = part(host.get("metadataOptions"), "httpTokens")
    if tokens is UNKNOWN:
        yield Finding(message="metadataOptions.httpTokens is not known yet", resource=host, undecided=True)
    elif tokens != "required":
        yield Finding(message="metadataOptions.httpTokens should be required, which is IMDSv2", resource=host)


def _check_hop_limit(host: Resource, parameters: HopLimitParameters) -> Iterator[Finding]:
    limit = part(host.get("metadataOptions"), "httpPutResponseHopLimit")
    if limit is UNKNOWN:
        message = "metadataOptions.httpPutResponseHopLimit is not known yet"
        yield Finding(message=message, resource=host, undecided=True)
    elif not isinstance(limit, int) or limit > parameters.maximum:
        message = f"metadataOptions.httpPutResponseHopLimit should be {parameters.maximum}"
        yield Finding(message=message, resource=host)


def _check_volumes(host: Resource, _parameters: Any) -> Iterator[Finding]:
    for name, device in _devices(host):
        encrypted = part(device, "encrypted")
        if encrypted is UNKNOWN:
            yield Finding(
                message=f"whether {name} is encrypted is not known yet", resource=host, undecided=True
            )
        elif encrypted not in (True, "true"):
            yield Finding(message=f"{name}.encrypted should be true", resource=host)


def _devices(host: Resource) -> Iterator[tuple[str, Any]]:
    """The root volume, whether it is declared or not, and every other volume."""
    if host.type == aws.INSTANCE:
        yield "rootBlockDevice", host.get("rootBlockDevice")
        for i, device in enumerate(host.items("ebsBlockDevices")):
            yield f"ebsBlockDevices[{i}]", device
        if host.get("ebsBlockDevices") is UNKNOWN and not host.is_computed("ebsBlockDevices"):
            yield "ebsBlockDevices", UNKNOWN
    else:
        mappings = host.items("blockDeviceMappings")
        if not mappings:
            yield "blockDeviceMappings[].ebs", host.get("blockDeviceMappings") or None
        for i, mapping in enumerate(mappings):
            yield f"blockDeviceMappings[{i}].ebs", part(mapping, "ebs")


def _check_key_pair(host: Resource, _parameters: Any) -> Iterator[Finding]:
    if host.get("keyName"):
        message = "keyName gives somebody SSH access; leave it out and use Session Manager"
        yield Finding(message=message, resource=host)


def _check_user_data(host: Resource, _parameters: Any) -> Iterator[Finding]:
    for key in ("userData", "userDataBase64"):
        text = host.get(key)
        if text is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=host, undecided=True)
        elif isinstance(text, str) and _KEY_MATERIAL.search(_readable(text)):
            message = (
                f"{key} holds a private key, which every process on the host and whoever may describe "
                "instances can read; let the host fetch it from Secrets Manager"
            )
            yield Finding(message=message, resource=host)


def _readable(text: str) -> str:
    """User data as it is, or decoded when it is Base64."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", errors="replace")
    except (binascii.Error, ValueError):
        return text


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
