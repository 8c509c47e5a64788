"""AWS on loopback: moto's server with what Site-to-Site VPN needs and moto lacks.

Each module corrects one thing AWS does and moto does not, as a class over moto's own backend or responses;
`ec2` puts them together, `server` serves them.
"""
