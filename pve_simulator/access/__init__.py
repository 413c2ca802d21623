"""Users, groups, roles and what they may: the rules behind /access (pve-access-control)."""
