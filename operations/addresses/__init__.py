"""Which ranges of addresses are taken, by whom, and what is free: of stacks, accounts and other lists."""
