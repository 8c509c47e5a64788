"""Corrections to moto's CloudWatch: an alarm's tags go with it, a dashboard's body is checked."""
