"""What nodes are and do, apart from their guests."""
