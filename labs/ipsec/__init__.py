"""A VPN connection with real IKE and ESP: its hosts, AWS's end, and what can befall it."""
