"""Moving a virtual machine to another node."""
