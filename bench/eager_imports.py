"""What an app imports that has every SDK at the top of its modules: the usual way. Run as a script by import_time."""

# ruff: noqa: F401
import asyncpg
import azure.durable_functions
import azure.functions
import azure.identity.aio
import azure.storage.blob.aio
import azurefunctions.extensions.http.fastapi
import docx
import jwt
import lxml.etree
import msgraph
import msgspec
import numpy
import openai
import pptx
import pydantic
import pypdf
import pypdfium2
import python_calamine
import qdrant_client
import redis.asyncio
