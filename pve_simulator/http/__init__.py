"""HTTP/1.1 as the Proxmox VE API server speaks it."""
