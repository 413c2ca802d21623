"""What makes a virtual machine's configuration: drives, networks, pending changes, hotplug."""
