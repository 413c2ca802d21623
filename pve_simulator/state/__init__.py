"""What a cluster is made of: dataclasses without behaviour of the API."""
