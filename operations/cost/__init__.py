"""What an environment costs in a month, and what a change makes of it."""
