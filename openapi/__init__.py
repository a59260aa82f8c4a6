"""The committed OpenAPI specs, their exporter and the SDKs that are generated from them."""
