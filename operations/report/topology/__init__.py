"""Lays an environment out as a picture: outside on the left, gateways in the middle, subnets on the right."""
