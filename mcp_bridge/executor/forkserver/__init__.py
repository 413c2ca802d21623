"""The process that has Ansible loaded, and forks runs."""
