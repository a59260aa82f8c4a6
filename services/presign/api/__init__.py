"""The gateway's routes, one file for each noun."""

from services.presign.api import browser_checks, presigned_urls

routers = [presigned_urls.router, browser_checks.router]
