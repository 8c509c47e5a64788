"""What of an account would make an `up` fail, asked before it: a line a check, with its mend."""
