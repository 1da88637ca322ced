"""What happened to a patient, and which of it counts."""
