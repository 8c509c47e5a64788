"""The connections of a deployed stack, out of its outputs and of keys in Secrets Manager."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.deploying import deploy_command
from onprem.assembly import Surroundings, TunnelFacts, assemble
from onprem.connection import Connection
from onprem.document import Document, DocumentTunnel, read_document
from onprem.errors import OnpremError
from onprem.outputs import SiteOutput, StackOutputs, read_outputs
from onprem.stored_keys import stored_keys


@dataclass(frozen=True)
class Stack:
    """A deployed stack: its name, and what Pulumi exported."""

    name: str
    outputs: StackOutputs

    def site_names(self) -> tuple[str, ...]:
        """The sites that are deployed."""
        return tuple(sorted(self.outputs.hardware_vpn.sites))

    def connection(self, name: str) -> Connection:
        """A site's connection.

        Raises:
            OnpremError: the site is unknown or has no keys.
        """
        site = self._site(name)
        document = self._document(name)
        keys: dict[str, str] = {}
        if any(tunnel.preshared_key is None for tunnel in document.tunnels):
            keys = stored_keys(name, document.vpn_connection_id, self.outputs.hardware_vpn.region)
        first, second = (
            self._facts(name, site, tunnel, keys.get(str(tunnel.amazon_outside)))
            for tunnel in document.tunnels
        )
        surroundings = Surroundings(
            name, site.lan_cidrs, self.outputs.hardware_vpn.vpc_cidrs, f"stack {self.name}"
        )
        return assemble(document, surroundings, (first, second))

    def _site(self, name: str) -> SiteOutput:
        site = self.outputs.hardware_vpn.sites.get(name)
        if site is None:
            known = ", ".join(self.site_names())
            raise OnpremError(f"no site {name!r} in stack {self.name}; should be one of {known}")
        if site.has_certificate:
            raise OnpremError(
                f"{name}: certificateArn is set; should be a site with pre-shared keys: the certificate's"
                " private key is the router's own and in no output"
            )
        return site

    def _document(self, name: str) -> Document:
        text = self.outputs.configurations.get(name)
        if not text:
            raise OnpremError(f"{name}: not deployed yet; run {deploy_command(self.name)}")
        return read_document(text, f"{self.name}'s configuration of {name}")

    def _facts(self, name: str, site: SiteOutput, described: DocumentTunnel, key: str | None) -> TunnelFacts:
        """What the outputs say of the document's tunnel, whatever its place in either list."""
        inside = described.customer_inside.network
        for tunnel in site.tunnels:
            if tunnel.inside_cidr == inside:
                return TunnelFacts(tunnel.options, key)
        raise OnpremError(
            f"{name}: AWS's document has a tunnel with inside addresses of {inside}, and the stack's outputs"
            f" have none; run {deploy_command(self.name)}"
        )


def read_stack(name: str, root: Path) -> Stack:
    """A stack's outputs, read in the project's folder `root` with the caller's environment.

    Raises:
        OnpremError: there is no such stack, or it is not deployed.
    """
    return Stack(name, read_outputs(name, root))
