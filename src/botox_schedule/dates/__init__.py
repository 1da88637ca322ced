"""Calendar days and intervals."""
