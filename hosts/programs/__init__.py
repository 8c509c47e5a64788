"""Programs that run on hosts as they are: Debian's own Python and boto3 run them."""
