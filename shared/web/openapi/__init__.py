"""OpenAPI 3.1 from the routes' own models, so that it cannot say anything else than the code does.

`document` puts the pieces together: `operations` describes one route, `schemas` the models, `events` what streams say,
`problems` how a route refuses, `examples` makes an example of every model from `example_values`, and `vocabulary` holds
the sentences.
"""

from shared.web.openapi.document import described, document, publish, registered

__all__ = ["described", "document", "publish", "registered"]
