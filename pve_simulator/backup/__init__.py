"""Backups: vzdump, what is in an archive, restores, retention, and backup jobs."""
