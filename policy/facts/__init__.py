"""Facts about a graph of resources, on which rules decide."""
