"""The failover laboratory: servers, monitor and clients in network namespaces."""
