"""Haystack as its documentation sets it up: converter of many types, preprocessor, OpenAI embedder, writer to Qdrant.

Run by bench/ingest.py in .cache/bench-venv: FOLDER [EMBEDDINGS_URL QDRANT_URL COLLECTION CHUNK_TOKENS]
With FOLDER alone it says which files it can read. Its splitter counts words; three stand for four tokens.
"""

import os
import sys
from pathlib import Path

# Read while the package is imported; the telemetry's host is out of reach and would only cost time.
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from haystack import Pipeline
from haystack.components.converters import MultiFileConverter
from haystack.components.embedders import OpenAIDocumentEmbedder
from haystack.components.preprocessors import DocumentPreprocessor
from haystack.components.writers import DocumentWriter
from haystack.utils import Secret
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore

folder, *rest = sys.argv[1:]
sources = [str(path) for path in sorted(Path(folder).iterdir())]

if not rest:
    converter = MultiFileConverter()
    for source in sources:
        try:
            documents = converter.run(sources=[source])["documents"]
        except Exception as error:  # noqa: BLE001  some of its converters raise, others leave the file out
            print(f"{source}: {error}", file=sys.stderr)
        else:
            if any((document.content or "").strip() for document in documents):
                print(Path(source).name)
    sys.exit()

embeddings_url, qdrant_url, collection, chunk_tokens = rest
words = int(chunk_tokens) * 3 // 4
store = QdrantDocumentStore(url=qdrant_url, index=collection, embedding_dim=3072, progress_bar=False)
pipeline = Pipeline()
pipeline.add_component("converter", MultiFileConverter())
pipeline.add_component("preprocessor", DocumentPreprocessor(split_length=words, split_overlap=words // 10))
pipeline.add_component(
    "embedder",
    OpenAIDocumentEmbedder(
        model="text-embedding-3-large",
        api_base_url=embeddings_url,
        api_key=Secret.from_token("bench"),
        progress_bar=False,
        raise_on_failure=True,
    ),
)
pipeline.add_component("writer", DocumentWriter(document_store=store))
pipeline.connect("converter.documents", "preprocessor.documents")
pipeline.connect("preprocessor.documents", "embedder.documents")
pipeline.connect("embedder.documents", "writer.documents")
print(pipeline.run({"converter": {"sources": sources}})["writer"]["documents_written"])
