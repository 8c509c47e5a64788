"""What people do with a deployed environment."""
