"""Use cases: gather the facts, let the domain decide, store the outcome in one transaction."""
