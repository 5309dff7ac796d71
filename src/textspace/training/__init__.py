"""Training: matrices, schedules, and the loop that watches the core's trainers."""
