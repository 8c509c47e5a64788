"""What of a deployed environment is up, since when, and why not: read from AWS, shown or printed as JSON."""
