"""Corrections to moto's Auto Scaling: which version is launched, and instance refreshes."""
