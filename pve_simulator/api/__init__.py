"""One module per API object; each registers its handlers with `route`."""
