{{/* Checks that values.schema.json cannot express: contradicting values are rejected with a message that names them. */}}

{{/* Checks of a service. */}}
{{- define "tagmill.checkService" -}}
{{- $settings := fromYaml (include "tagmill.settings" .) -}}
{{- $secrets := fromYaml (include "tagmill.secrets" .) -}}
{{- if .service.kafka -}}
{{- if not $settings.KAFKA_BOOTSTRAP_SERVERS -}}
{{- fail "settings.KAFKA_BOOTSTRAP_SERVERS: required, host:port" -}}
{{- end -}}
{{- range splitList "," $settings.KAFKA_BOOTSTRAP_SERVERS -}}
{{- if not (regexMatch ":[0-9]+$" (trim .)) -}}
{{- fail (printf "settings.KAFKA_BOOTSTRAP_SERVERS: `%s` lacks a port; expected host:port,host:port" (trim .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "tagmill.checkSecrets" . -}}
{{- if .service.kafka -}}
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
{{- end -}}
{{- if .service.topic -}}
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
{{- end -}}

{{/* Checks that a component has the addresses of its servers; a job needs that of the database that it changes. */}}
{{- define "tagmill.checkSecrets" -}}
{{- $secrets := fromYaml (include "tagmill.secrets" .) -}}
{{- $missing := list -}}
{{- range $name, $_ := .service.urls -}}
{{- if and (or (not $.isJob) (eq $name $.service.migrates)) (not (get $secrets $name)) -}}
{{- $path := ternary "" (printf "%s." $.path) (hasKey $.root.Values.secrets $name) -}}
{{- $missing = append $missing (printf "%ssecrets.%s: give value or existingSecret" $path $name) -}}
{{- end -}}
{{- end -}}
{{- with $missing -}}
{{- fail (join "; " .) -}}
{{- end -}}
{{- end -}}

{{/* Checks of the job files of elt-service. */}}
{{- define "tagmill.checkJobs" -}}
{{- if and .jobs .existingJobs -}}
{{- fail "services.elt: give either jobs or existingJobs, not both" -}}
{{- end -}}
{{- if not (or .jobs .existingJobs) -}}
{{- fail "services.elt: give jobs, or existingJobs with the name of a ConfigMap" -}}
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
