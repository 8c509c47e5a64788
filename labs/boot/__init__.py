"""Hosts booted for real: Debian 13 with systemd as process 1, cloud-init, and the program's own user data."""
