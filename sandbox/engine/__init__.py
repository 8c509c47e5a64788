"""The Pulumi engine: the installed one, the official download, or one built from pinned Go modules."""
