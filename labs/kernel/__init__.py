"""The rendered routers on a kernel with ESP: Debian's, in a machine of its own, where this one's has none."""
