"""What the engine and people talk to: the analyzer, its configuration and its reports."""
