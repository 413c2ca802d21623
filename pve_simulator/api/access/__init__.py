"""Users, permissions, login."""
