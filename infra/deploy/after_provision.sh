#!/bin/sh
# After the templates: secrets, database, package. Needs `az login`, Python 3.13 with this project's dependencies, and the
# deployment's outputs as environment variables (azd sets them; pipelines export them). Each step may be run again.
set -eu
cd "$(dirname "$0")/../.."
python="${NEXUS_PYTHON:-.venv/bin/python}"
: "${NEXUS_POSTGRES_HOST:?the deployment says it}" "${NEXUS_API_NAME:?the deployment says it}"
: "${AZURE_RESOURCE_GROUP:?the resource group of Nexus}"

"$python" -m infra.deploy.secrets

# A laptop's own address is let in for as long as this takes, where PostgreSQL has a public door at all. As a resource:
# the arguments of `az postgres flexible-server firewall-rule` have other meanings since az 2.86.
folder="$(mktemp -d)"
door() {
    verb="$1"
    shift
    az resource "$verb" --only-show-errors --output none --resource-group "$AZURE_RESOURCE_GROUP" \
        --namespace Microsoft.DBforPostgreSQL --parent "flexibleServers/${NEXUS_POSTGRES_HOST%%.*}" \
        --resource-type firewallRules --name deployer --api-version 2025-08-01 "$@"
}
leave() {
    rm -r "$folder"
    [ -z "${NEXUS_MY_ADDRESS:-}" ] || door delete
}
trap leave EXIT
trap 'exit 1' INT TERM
if [ -n "${NEXUS_MY_ADDRESS:-}" ]; then
    door create --properties "{\"startIpAddress\": \"$NEXUS_MY_ADDRESS\", \"endIpAddress\": \"$NEXUS_MY_ADDRESS\"}"
fi
# as the administrators' group; the migrations identity may go on where this ends
"$python" -m infra.deploy.database \
    --user "${NEXUS_DATABASE_ADMINS_NAME:?the Entra group that may administer PostgreSQL}" \
    --also "${NEXUS_MIGRATIONS_NAME:?the deployment says it}"

"$python" -m infra.deploy.package "$folder/nexus.zip"
# no remote build: the package brings its dependencies, compiled
az functionapp deployment source config-zip --only-show-errors --output none \
    --resource-group "$AZURE_RESOURCE_GROUP" --name "$NEXUS_API_NAME" --src "$folder/nexus.zip"
echo "Deployed: ${NEXUS_API_URL:-}"
