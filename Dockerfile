# The function app on Microsoft's Functions image, for compose.yaml. Azure itself takes the package of
# infra/deploy/package.py, which is also what goes in here.
FROM python:3.13-slim-bookworm AS package
WORKDIR /source
COPY requirements.txt function_app.py host.json ./
COPY functions functions
COPY shared shared
COPY infra infra
RUN python -m infra.deploy.package /tmp/nexus.zip && mkdir /package && python -m zipfile -e /tmp/nexus.zip /package

# Deploy time only: the schema's owner runs it once and it ends.
FROM python:3.13-slim-bookworm AS migrations
WORKDIR /source
COPY requirements-dev.txt ./
# alembic and what it needs, at the versions and hashes of the lock
RUN python -m pip install --no-cache-dir --require-hashes --no-deps --requirement requirements-dev.txt
COPY shared shared
USER nobody
CMD ["python", "-m", "alembic", "-c", "shared/db/migrations/alembic.ini", "upgrade", "head"]

FROM mcr.microsoft.com/azure-functions/python:4-python3.13 AS app
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    PYTHONDONTWRITEBYTECODE=1
COPY --from=package /package /home/site/wwwroot
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1/api/health/live', timeout=4)"]
