#!/bin/bash
# Creates the owner of the database and the roles of the services. The image `postgres` runs it from /docker-entrypoint-initdb.d when
# the data directory is new. The passwords come from OWNER_PASSWORD, STG_PASSWORD, DDS_PASSWORD and CDM_PASSWORD, or from the files
# that these names with the suffix _FILE point to. With SEGMENTS_PASSWORD there is a role of segments-service as well. The superuser is
# for administration only.
set -e

password() {
    local file="${1}_PASSWORD_FILE" value="${1}_PASSWORD"
    if [ -n "${!file}" ]; then cat "${!file}"; else printf '%s' "${!value:?}"; fi
}

psql --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set owner=tagmill_owner --set owner_password="$(password OWNER)" --set stg_password="$(password STG)" \
    --set dds_password="$(password DDS)" --set cdm_password="$(password CDM)" \
    --file /etc/tagmill/create_service_roles.sql

if [ -n "$SEGMENTS_PASSWORD$SEGMENTS_PASSWORD_FILE" ]; then
    psql --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
        --set password="$(password SEGMENTS)" --file /etc/tagmill/create_segments_role.sql
fi
