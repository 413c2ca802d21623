"""The simulator as a server: the API and its controls over HTTPS, and in one process."""
