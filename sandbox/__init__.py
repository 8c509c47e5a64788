"""The embedded default: an engine, a cloud and a provider that need no account and no network."""
