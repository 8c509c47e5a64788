"""Corrections to moto's IAM: the simulation of policies."""
