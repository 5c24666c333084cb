#!/bin/sh
# Run once by PostgreSQL's image on an empty volume: the schema's owner, and the app's role, which may make nothing.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=owner_password="$NEXUS_OWNER_PASSWORD" --set=app_password="$NEXUS_APP_PASSWORD" <<'SQL'
CREATE ROLE nexus_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE nexus_app LOGIN PASSWORD :'app_password';
GRANT CREATE, USAGE ON SCHEMA public TO nexus_owner;
SQL
