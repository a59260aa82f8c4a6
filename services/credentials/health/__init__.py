"""The health of locations: looked at by a schedule, compared with how it was, and told."""
