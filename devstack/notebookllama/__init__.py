"""A stand-in for NotebookLlama behind the gateway that docs/notebook.md describes.

It keeps files per session, reads them with the product's own extractors, and answers in quotations from their text.
"""
