"""Networks, clouds and programs that tests and benchmarks share."""
