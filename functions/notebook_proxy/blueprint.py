"""Notebook mode: private uploads. Its routes come with their own issue; the blueprint keeps their place."""

import azure.durable_functions as df

blueprint = df.Blueprint()
