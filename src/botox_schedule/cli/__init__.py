"""The parts of the command line; the command itself is ``botox_schedule.cli.main``."""
