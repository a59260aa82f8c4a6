"""The Postgres schema and its queries."""
