"""Two monitors, two servers and an API that can go wrong, small enough to be explored to the last state."""
