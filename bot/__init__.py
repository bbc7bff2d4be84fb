"""Casebell: a Slack bot for a vendor's support desk."""
