"""The demo: Mooring's journeys, with a customer in each cloud that stands in."""
