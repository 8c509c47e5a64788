"""Corrections to moto's CloudWatch Logs: keys of one's own, and metric filters put again."""
