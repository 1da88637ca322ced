"""What labels and guidelines say, and where it is written."""
