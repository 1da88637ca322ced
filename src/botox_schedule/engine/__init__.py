"""The questions about one session or one record, answered."""
