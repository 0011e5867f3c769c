"""One package per vendor, all with the same files."""
