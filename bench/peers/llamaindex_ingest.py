"""LlamaIndex as its documentation sets it up: directory reader, sentence splitter, OpenAI embeddings, Qdrant.

Run by bench/ingest.py in .cache/bench-venv: FOLDER [EMBEDDINGS_URL QDRANT_URL COLLECTION CHUNK_TOKENS]
With FOLDER alone it says which files it can read. The directory reader picks its own readers by file type.
"""

import sys

from llama_index.core import SimpleDirectoryReader
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient

folder, *rest = sys.argv[1:]
documents = SimpleDirectoryReader(folder, raise_on_error=bool(rest)).load_data()
if not rest:
    print("\n".join(sorted({each.metadata["file_name"] for each in documents if each.text.strip()})))
    sys.exit()

embeddings_url, qdrant_url, collection, chunk_tokens = rest
pipeline = IngestionPipeline(
    transformations=[
        SentenceSplitter(chunk_size=int(chunk_tokens), chunk_overlap=int(chunk_tokens) // 10),
        OpenAIEmbedding(model="text-embedding-3-large", api_base=embeddings_url, api_key="bench"),
    ],
    vector_store=QdrantVectorStore(collection, client=QdrantClient(url=qdrant_url)),
)
nodes = pipeline.run(documents=documents)
print(len(nodes))
