"""Taking over VPNs that somebody made by hand, and letting go of them again."""
