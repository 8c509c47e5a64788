"""Corrections to moto's CloudWatch Logs: a metric filter put again is the same filter, changed."""
