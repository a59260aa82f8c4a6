"""Object stores: one protocol, one adapter for each cloud."""
