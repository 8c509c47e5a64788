"""The failover monitor: watches main and standby, and moves an Elastic IP and its routes when main is down.

It runs on Debian 13 with Debian's Python, boto3 and cryptography, as the package `failover_monitor`.
"""
