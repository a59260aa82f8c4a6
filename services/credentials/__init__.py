"""The vault: storage credentials, external locations, access reports and leases."""
