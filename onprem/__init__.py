"""The other end of the hardware VPN: a router's configuration, rendered from a VPN connection."""
