"""What firewall rules, aliases and IP sets mean and how they are shown (pve-firewall)."""
