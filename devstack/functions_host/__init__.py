"""A local Azure Functions host: Microsoft's Python worker in-process, with HTTP, timers and Durable Functions.

`python -m devstack.functions_host --app DIR --port P --home DIR` serves a function app the way Azure does;
`process.HostProcess` starts the same thing from a test or from `make up`.
"""
