"""Corrections to moto's S3: a bucket's policy is evaluated by what moto can evaluate."""
