"""OpenVPN's configuration files as far as a profile's future depends on them."""

from __future__ import annotations

from dataclasses import dataclass

from access.profile import CIPHERS

_NEGOTIATED = ("data-ciphers", "ncp-ciphers")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a configuration file, each with its words."""

    lines: tuple[tuple[str, ...], ...]

    def words(self, name: str) -> tuple[str, ...] | None:
        """What follows an option where it stands first; None if it does not."""
        return next((line[1:] for line in self.lines if line[0] == name), None)

    def value(self, name: str) -> str:
        """The first word that follows an option, or nothing."""
        return " ".join((self.words(name) or ())[:1])


def read(text: str) -> Options:
    """The options of a file; what is inside `<ca>` and the like is left out."""
    lines: list[tuple[str, ...]] = []
    inline = ""
    for line in text.splitlines():
        words = tuple(line.split("#")[0].split(";")[0].split())
        if inline:
            inline = "" if words == (f"</{inline}>",) else inline
        elif words and words[0].startswith("<"):
            inline = words[0].strip("<>")
            lines.append((inline,))
        elif words:
            lines.append(words)
    return Options(tuple(lines))


def endpoint(server: Options, client: Options) -> tuple[str, int] | None:
    """The protocol and port of profiles, from the template, else from the server; None if unknown."""
    remote = client.words("remote") or ()
    protocol = (remote[2:3] or (client.value("proto") or server.value("proto") or "udp",))[0]
    port = (remote[1:2] or (client.value("port") or server.value("port"),))[0]
    if not server.lines and not client.lines:
        return None
    return protocol[:3], int(port) if port.isdecimal() else 1194


def incompatibility(server: Options, client: Options) -> str | None:
    """Why no profile of these can connect to the tunnel's servers, or None."""
    both = Options((*client.lines, *server.lines))
    if both.words("secret"):
        return "they use a static key, not certificates"
    if (both.value("dev") or "tun").startswith("tap"):
        return "they carry Ethernet (dev tap), the servers IP alone"
    if any(client.words(name) is not None for name in ("comp-lzo", "compress")):
        return "they compress, which the servers refuse (VORACLE)"
    if client.words("ncp-disable") is not None:
        return "they do not negotiate the cipher (ncp-disable)"
    offered = next((client.value(name) for name in _NEGOTIATED if client.value(name)), "")
    if offered and not set(offered.upper().split(":")) & set(CIPHERS.split(":")):
        return f"they offer {offered} alone, the servers {CIPHERS}"
    return None


def wrapping(server: Options, client: Options) -> str:
    """How the handshake was hidden: `tls-crypt-v2`, `tls-crypt`, `tls-auth`, or nothing."""
    for options in (server, client):
        for name in ("tls-crypt-v2", "tls-crypt", "tls-auth"):
            if options.words(name) is not None:
                return name
    return ""
