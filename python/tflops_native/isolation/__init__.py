"""Measuring in a child process, which a runtime may crash, hang or fill."""
