"""Runs the timetable, and nothing else."""
