"""The rules, pure: no Slack, no SQL, no clock, no logging."""
