"""The Pulumi components that an environment is built of, one module a component."""
