"""What an environment is: its settings, and the components it gets."""
