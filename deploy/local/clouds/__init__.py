"""The clouds of the demo and of the tests: stand-ins on loopback for those of the customers."""
