"""AWS on loopback: moto's server with what Site-to-Site VPN needs and moto lacks.

Each module corrects one thing AWS does and moto does not, as a class over moto's own backend or responses;
a package a service puts them together, `application` installs them, `server` serves them.
"""
