"""The demo: Mooring's four journeys, with a customer who lives in the demo cloud."""
