"""Corrections to moto's SNS: subscriptions by e-mail wait for their owner."""
