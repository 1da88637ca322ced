"""Lets ``python -m botox_schedule`` run the command line."""

import sys

from botox_schedule.cli.main import main

if __name__ == "__main__":  # pragma: no branch
    sys.exit(main())
