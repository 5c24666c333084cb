#!/bin/sh
# After the templates: secrets, database, package. Needs `az login`, Python 3.13 with this project's dependencies, and the
# deployment's outputs as environment variables (azd sets them; pipelines export them). Each step may be run again.
set -eu
cd "$(dirname "$0")/../.."
python="${NEXUS_PYTHON:-.venv/bin/python}"
: "${NEXUS_POSTGRES_HOST:?the deployment says it}" "${NEXUS_API_NAME:?the deployment says it}"
: "${AZURE_RESOURCE_GROUP:?the resource group of Nexus}"

"$python" -m infra.deploy.secrets

# A laptop's own address is let in for as long as this takes, where PostgreSQL has a public door at all.
server="${NEXUS_POSTGRES_HOST%%.*}"
close_door() {
    az postgres flexible-server firewall-rule delete --yes --only-show-errors \
        --resource-group "$AZURE_RESOURCE_GROUP" --name "$server" --rule-name deployer
}
if [ -n "${NEXUS_MY_ADDRESS:-}" ]; then
    trap close_door EXIT
    trap 'exit 1' INT TERM
    az postgres flexible-server firewall-rule create --only-show-errors --output none \
        --resource-group "$AZURE_RESOURCE_GROUP" --name "$server" --rule-name deployer \
        --start-ip-address "$NEXUS_MY_ADDRESS" --end-ip-address "$NEXUS_MY_ADDRESS"
fi
# as the administrators' group; the migrations identity may go on where this ends
"$python" -m infra.deploy.database \
    --user "${NEXUS_DATABASE_ADMINS_NAME:?the Entra group that may administer PostgreSQL}" \
    --also "${NEXUS_MIGRATIONS_NAME:?the deployment says it}"

folder="$(mktemp -d)"
"$python" -m infra.deploy.package "$folder/nexus.zip"
# no remote build: the package brings its dependencies, compiled
az functionapp deployment source config-zip --only-show-errors --output none \
    --resource-group "$AZURE_RESOURCE_GROUP" --name "$NEXUS_API_NAME" --src "$folder/nexus.zip"
rm -r "$folder"
echo "Deployed: ${NEXUS_API_URL:-}"
