{{/* Checks that values.schema.json cannot express: contradicting values are rejected with a message that names them. */}}

{{/* Checks of a service. */}}
{{- define "tagmill.checkService" -}}
{{- $settings := fromYaml (include "tagmill.settings" .) -}}
{{- $secrets := fromYaml (include "tagmill.secrets" .) -}}
{{- if not $settings.KAFKA_BOOTSTRAP_SERVERS -}}
{{- fail "settings.KAFKA_BOOTSTRAP_SERVERS: required, host:port" -}}
{{- end -}}
{{- range splitList "," $settings.KAFKA_BOOTSTRAP_SERVERS -}}
{{- if not (regexMatch ":[0-9]+$" (trim .)) -}}
{{- fail (printf "settings.KAFKA_BOOTSTRAP_SERVERS: `%s` lacks a port; expected host:port,host:port" (trim .)) -}}
{{- end -}}
{{- end -}}
{{- if not $secrets.DATABASE_URL -}}
{{- fail "secrets.DATABASE_URL: give value or existingSecret" -}}
{{- end -}}
{{- if and (eq .name "stg") (not $secrets.REDIS_URL) -}}
{{- fail "services.stg.secrets.REDIS_URL: give value or existingSecret" -}}
{{- end -}}
{{- $protocol := include "tagmill.kafkaProtocol" . -}}
{{- if hasPrefix "SASL" $protocol -}}
{{- range $name := list "KAFKA_SASL_MECHANISM" "KAFKA_SASL_USERNAME" -}}
{{- if not (get $settings $name) -}}
{{- fail (printf "settings.%s: required by KAFKA_SECURITY_PROTOCOL=%s" $name $protocol) -}}
{{- end -}}
{{- end -}}
{{- if not $secrets.KAFKA_SASL_PASSWORD -}}
{{- fail (printf "secrets.KAFKA_SASL_PASSWORD: required by KAFKA_SECURITY_PROTOCOL=%s; give value or existingSecret" $protocol) -}}
{{- end -}}
{{- else -}}
{{- range $group, $given := dict "settings" $settings "secrets" $secrets -}}
{{- range $name := list "KAFKA_SASL_MECHANISM" "KAFKA_SASL_USERNAME" "KAFKA_SASL_PASSWORD" -}}
{{- if get $given $name -}}
{{- fail (printf "%s.%s: has no effect with KAFKA_SECURITY_PROTOCOL=%s; set SASL_SSL" $group $name $protocol) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $partitions := int .root.Values.partitions -}}
{{- if .own.scaling.enabled -}}
{{- if gt (int .own.scaling.maxReplicas) $partitions -}}
{{- fail (printf "%s.scaling.maxReplicas: %d are more than the %d partitions (`partitions`); the surplus replicas would be idle" .path (int .own.scaling.maxReplicas) $partitions) -}}
{{- end -}}
{{- if lt (int .own.scaling.maxReplicas) (int .own.scaling.minReplicas) -}}
{{- fail (printf "%s.scaling: maxReplicas is below minReplicas" .path) -}}
{{- end -}}
{{- else if gt (int .own.replicas) $partitions -}}
{{- fail (printf "%s.replicas: %d are more than the %d partitions (`partitions`); the surplus replicas would be idle" .path (int .own.replicas) $partitions) -}}
{{- end -}}
{{- end -}}

{{/* Checks of elt-service. */}}
{{- define "tagmill.checkElt" -}}
{{- $secrets := fromYaml (include "tagmill.secrets" .) -}}
{{- range $name := list "SOURCE_DATABASE_URL" "TARGET_DATABASE_URL" "REDIS_URL" -}}
{{- if not (get $secrets $name) -}}
{{- fail (printf "elt.secrets.%s: give value or existingSecret" $name) -}}
{{- end -}}
{{- end -}}
{{- if and .own.jobs .own.existingJobs -}}
{{- fail "elt: give either jobs or existingJobs, not both" -}}
{{- end -}}
{{- if not (or .own.jobs .own.existingJobs) -}}
{{- fail "elt: give jobs, or existingJobs with the name of a ConfigMap" -}}
{{- end -}}
{{- end -}}

{{/* Checks of the migration. */}}
{{- define "tagmill.checkMigration" -}}
{{- if not (fromYaml (include "tagmill.secrets" .)).DATABASE_URL -}}
{{- fail "secrets.DATABASE_URL: give value or existingSecret" -}}
{{- end -}}
{{- end -}}

{{/* Checks that the cluster has a kind that is switched on. Without a cluster (`helm template`) the check is skipped: only a
     cluster reports the kind of the aggregator itself. */}}
{{- define "tagmill.requireKind" -}}
{{- $versions := .root.Capabilities.APIVersions -}}
{{- if and ($versions.Has "apiregistration.k8s.io/v1") (not ($versions.Has .api)) -}}
{{- fail (printf "%s: this cluster does not know %s; install %s first" .path .api .product) -}}
{{- end -}}
{{- end -}}
