"""Inventories: S3's own reports of a bucket, imported in place of a listing."""
