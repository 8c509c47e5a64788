"""The policies of the roles that deploy, preview and operate an environment or publish its keys."""
