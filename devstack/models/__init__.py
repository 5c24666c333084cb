"""The model server's stand-in: OpenAI's and Azure OpenAI's embeddings, chat completions and responses, offline.

`python -m devstack.models --port P --home DIR` serves; `devstack.models.app.create_app` is the same for tests.
"""
