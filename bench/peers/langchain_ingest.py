"""LangChain as its documentation sets it up: loaders, recursive splitter, OpenAI embeddings, Qdrant.

Run by bench/ingest.py in .cache/bench-venv: FOLDER [EMBEDDINGS_URL QDRANT_URL COLLECTION CHUNK_TOKENS]
With FOLDER alone it says which files it can read. The splitter counts characters, its default; four stand for a token.

Its loaders for xlsx and pptx are Unstructured's, which fetch a spaCy model from the internet when they are first
used. Plain openpyxl and python-pptx stand in for them here, which do less and are faster.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pptx
from langchain_community.document_loaders import DirectoryLoader, Docx2txtLoader, PyPDFLoader
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document
from langchain_openai import OpenAIEmbeddings
from langchain_qdrant import QdrantVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter


class SheetLoader(BaseLoader):
    def __init__(self, path: str) -> None:
        self.path = path

    def lazy_load(self) -> Iterator[Document]:
        for sheet in openpyxl.load_workbook(self.path, read_only=True, data_only=True).worksheets:
            rows = ("\t".join(str(cell) for cell in row if cell is not None) for row in sheet.values)
            yield Document("\n".join(rows), metadata={"source": self.path, "sheet": sheet.title})


class SlideLoader(BaseLoader):
    def __init__(self, path: str) -> None:
        self.path = path

    def lazy_load(self) -> Iterator[Document]:
        for number, slide in enumerate(pptx.Presentation(self.path).slides, start=1):
            texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
            yield Document("\n".join(texts), metadata={"source": self.path, "page": number})


LOADERS = {"pdf": PyPDFLoader, "docx": Docx2txtLoader, "xlsx": SheetLoader, "pptx": SlideLoader}

folder, *rest = sys.argv[1:]
documents = [
    document
    for ending, loader in LOADERS.items()
    for document in DirectoryLoader(folder, glob=f"*.{ending}", loader_cls=loader, silent_errors=not rest).load()
]
if not rest:
    print("\n".join(sorted({Path(each.metadata["source"]).name for each in documents if each.page_content.strip()})))
    sys.exit()

embeddings_url, qdrant_url, collection, chunk_tokens = rest
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
