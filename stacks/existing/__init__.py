"""A VPC that somebody else made: what it is, whether it can carry the VPNs, which parts they use."""
