"""Corrections to moto's CloudWatch: an alarm's tags go with it."""
