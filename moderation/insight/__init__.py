"""Measuring the desk: how long people wait, and what answering costs those who answer."""
