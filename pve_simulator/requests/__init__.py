"""From a request to its handler: routing, authentication, parameters and permissions."""
