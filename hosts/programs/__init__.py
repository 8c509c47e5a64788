"""Programs that the user data carries as they are; on the server Debian's Python runs them."""
