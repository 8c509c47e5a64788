"""Corrections to moto's Auto Scaling: which version is launched, what is replaced, and instance refreshes."""
