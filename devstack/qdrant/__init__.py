"""A local Qdrant: the REST calls that Nexus uses, answered by Qdrant's own engine (`qdrant-edge-py`).

`python -m devstack.qdrant --port 17006 --home .nexus/qdrant [--api-key KEY]`, or `server.create_app` in a test.
Collections, aliases and payload indexes outlive the process; an update that was answered with `wait=true`
outlives SIGKILL (the engine's write-ahead log). What is not served answers 501 instead of pretending.
"""
