"""Who a client of the HTTP transport is: tokens, OAuth, principals."""
