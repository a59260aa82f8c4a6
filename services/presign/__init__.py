"""The gateway: presigned URLs for viewers."""
