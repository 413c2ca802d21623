"""The firewall of the cluster, of nodes and of guests: one set of handlers for all levels."""
