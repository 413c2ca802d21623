"""Cluster-wide objects."""
