"""The HTTP edge: what is the same for every route."""
