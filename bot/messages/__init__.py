"""What Slack shows: facts in, text and blocks out. Builders clip; they never raise."""
