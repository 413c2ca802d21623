"""Nodes and what is on them."""
