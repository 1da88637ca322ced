"""Populations."""
from botox_schedule.panel.forecast import forecast
from botox_schedule.panel.worklist import worklist
