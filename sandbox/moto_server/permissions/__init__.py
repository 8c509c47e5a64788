"""IAM's evaluation of policies: resource ARNs and condition keys too, where moto knows action names alone."""
