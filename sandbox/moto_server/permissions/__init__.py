"""IAM's evaluation of policies: resource ARNs and condition keys too, where moto knows action names alone.

`policy` decides of documents, `requests` says what a call asks for, `roles` finds the caller's policies,
`enforcement` puts them before the cloud.
"""
