"""Measuring a workload: load, warm-up, clean runs, profiled runs, verdict; here or in a child process."""
