"""Everything the four function folders have in common; see docs/architecture.md for the layers."""
