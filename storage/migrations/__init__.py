"""The schema's history. Each version says why it came."""
