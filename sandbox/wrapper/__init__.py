"""Running any command against the sandbox's own engine, cloud and provider."""
