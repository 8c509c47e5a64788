"""A site of one page that shows what environments look like, their addresses and their state."""
