"""The local workspace in a browser: the real bot, people to be, and a clock to turn."""
