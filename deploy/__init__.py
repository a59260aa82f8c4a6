"""Ways to run Mooring."""
