"""LangChain as its documentation sets it up: PDF directory loader, recursive splitter, OpenAI embeddings, Qdrant.

Run by bench/ingest.py in .cache/bench-venv: FOLDER EMBEDDINGS_URL QDRANT_URL COLLECTION CHUNK_TOKENS
The splitter counts characters, its default; four stand for a token.
"""

import sys

from langchain_community.document_loaders import PyPDFDirectoryLoader
from langchain_openai import OpenAIEmbeddings
from langchain_qdrant import QdrantVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter

folder, embeddings_url, qdrant_url, collection, chunk_tokens = sys.argv[1:]

documents = PyPDFDirectoryLoader(folder).load()
characters = int(chunk_tokens) * 4
pieces = RecursiveCharacterTextSplitter(chunk_size=characters, chunk_overlap=characters // 10).split_documents(
    documents
)
embeddings = OpenAIEmbeddings(
    model="text-embedding-3-large",
    base_url=embeddings_url,
    api_key="bench",
    check_embedding_ctx_length=False,  # would download the tokenizer's ranks
)
QdrantVectorStore.from_documents(pieces, embeddings, url=qdrant_url, collection_name=collection)
print(len(pieces))
