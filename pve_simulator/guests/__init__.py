"""What guests do and what lists say of them, apart from the API."""
