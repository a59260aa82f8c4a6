"""Setup kits: what the customer pastes on their side."""
