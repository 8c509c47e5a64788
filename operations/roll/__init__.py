"""Changes of VPN tunnels one by one, so that a site always has the other one."""
