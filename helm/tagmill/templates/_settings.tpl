{{/* Settings, secrets and certificates of a component; its own values override those of all services. */}}

{{/* Settings of a component, a map. */}}
{{- define "tagmill.settings" -}}
{{- $settings := dict -}}
{{- $common := .root.Values.settings -}}
{{- with .service.shared -}}
{{- $common = dict -}}
{{- range .settings -}}
{{- if hasKey $.root.Values.settings . -}}
{{- $_ := set $common . (get $.root.Values.settings .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $from := list $common .own.settings -}}
{{- range $name, $value := $from -}}
{{- $_ := set $settings $name $value -}}
{{- end -}}
{{- end -}}
{{- if .isJob -}}
{{- $settings = pick $settings "LOG_FORMAT" "RUST_LOG" -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* Secrets of a component that are given, a map from name to their source. */}}
{{- define "tagmill.secrets" -}}
{{- $secrets := dict -}}
{{- $shared := .root.Values.secrets -}}
{{- with .service.shared -}}
{{- $shared = dict -}}
{{- range .secrets -}}
{{- $_ := set $shared . (get $.root.Values.secrets .) -}}
{{- end -}}
{{- end -}}
{{- $all := dict "path" "secrets" "secrets" $shared -}}
{{- $own := dict "path" (printf "%s.secrets" .path) "secrets" .own.secrets -}}
{{- $given := list $all $own -}}
{{- with and .isJob .own.migration -}}
{{- /* The role of the job `migration` is for a service that has the database of all services. */ -}}
{{- $migration := dict "path" "migration.secrets" "secrets" $.root.Values.migration.secrets -}}
{{- $given = list $all $migration $own (dict "path" (printf "%s.migration.secrets" $.path) "secrets" .secrets) -}}
{{- end -}}
{{- range $from := $given -}}
{{- range $name, $secret := $from.secrets -}}
{{- $secret = default dict $secret -}}
{{- if and $secret.value $secret.existingSecret -}}
{{- fail (printf "%s.%s: give either value or existingSecret, not both" $from.path $name) -}}
{{- end -}}
{{- if or $secret.value $secret.existingSecret -}}
{{- $_ := set $secrets $name $secret -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .isJob -}}
{{- $secrets = pick $secrets .service.migrates -}}
{{- end -}}
{{- toYaml $secrets -}}
{{- end -}}

{{/* Secrets that are given inline, as the data of the Secret that the chart creates. */}}
{{- define "tagmill.inlineSecrets" -}}
{{- range $name, $secret := fromYaml (include "tagmill.secrets" .) }}
{{- with $secret.value }}
{{ $name }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Source of the certificate authority: "" (none), "inline", "secret" or "configMap". */}}
{{- define "tagmill.ca" -}}
{{- $ca := .Values.ca -}}
{{- if gt (len (compact (list $ca.pem $ca.existingSecret $ca.existingConfigMap))) 1 -}}
{{- fail "ca: give one of pem, existingSecret and existingConfigMap, not several" -}}
{{- end -}}
{{- if $ca.pem }}inline{{ else if $ca.existingSecret }}secret{{ else if $ca.existingConfigMap }}configMap{{ end -}}
{{- end -}}

{{/* Name of the ConfigMap with an inline certificate authority. The services share one; each migration has its own, a hook. */}}
{{- define "tagmill.caName" -}}
{{ include "tagmill.fullname" .root }}{{ ternary (printf "-%s-ca" .name) "-ca" (default false .isJob) }}
{{- end -}}

{{/* Security protocol for Kafka. */}}
{{- define "tagmill.kafkaProtocol" -}}
{{- $settings := fromYaml (include "tagmill.settings" .) -}}
{{- default "PLAINTEXT" $settings.KAFKA_SECURITY_PROTOCOL -}}
{{- end -}}

{{/* Paths of certificate files, by environment variable. */}}
{{- define "tagmill.caFiles" -}}
{{- if include "tagmill.ca" .root -}}
{{- $for := .root.Values.ca.for -}}
{{- if and .service.kafka (not .isJob) (has "kafka" $for) (hasSuffix "SSL" (include "tagmill.kafkaProtocol" .)) }}
KAFKA_SSL_CA_FILE: /etc/tagmill/tls/ca.pem
{{- end }}
{{- range $url, $kind := .service.urls }}
{{- if and (has $kind $for) (or (not $.isJob) (eq $url $.service.migrates)) }}
{{ trimSuffix "URL" $url }}CA_FILE: /etc/tagmill/tls/ca.pem
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Environment variables, a list. Entries of `env` come last and replace entries of the same name. */}}
{{- define "tagmill.environment" -}}
{{- $whole := concat .root.Values.extraEnv (default list .own.extraEnv) -}}
{{- $variables := dict -}}
{{- if not .isJob -}}
{{- $_ := set $variables "HTTP_ADDR" "0.0.0.0:5000" -}}
{{- $_ := set $variables "SHUTDOWN_GRACE" (printf "%vs" .root.Values.shutdownGraceSeconds) -}}
{{- if .service.kafka -}}
{{- $_ := set $variables "KAFKA_TOPIC_PARTITIONS" .root.Values.partitions -}}
{{- end -}}
{{- range $name, $value := .service.environment -}}
{{- $_ := set $variables $name $value -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := fromYaml (include "tagmill.settings" .) -}}
{{- if and (not (kindIs "invalid" $value)) (ne (toString $value) "") -}}
{{- $_ := set $variables $name (ternary (int64 $value) $value (kindIs "float64" $value)) -}}
{{- end -}}
{{- end -}}
{{- range $name, $path := fromYaml (include "tagmill.caFiles" .) -}}
{{- $_ := set $variables $name $path -}}
{{- end -}}
{{- range $name, $secret := fromYaml (include "tagmill.secrets" .) -}}
{{- $_ := set $variables (printf "%s_FILE" $name) (printf "/etc/tagmill/secrets/%s" $name) -}}
{{- end -}}
{{- range $whole -}}
{{- $_ := unset $variables .name -}}
{{- end -}}
{{- range $name, $value := $variables }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- with $whole }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Sources of the projected volume with secrets and certificates. */}}
{{- define "tagmill.files" -}}
{{- $made := printf "%s-%s" (include "tagmill.fullname" .root) .name -}}
{{- range $name, $secret := fromYaml (include "tagmill.secrets" .) }}
- secret:
    name: {{ default $made $secret.existingSecret }}
    items:
      - key: {{ ternary $name (default $name $secret.key) (empty $secret.existingSecret) }}
        path: secrets/{{ $name }}
{{- end }}
{{- if fromYaml (include "tagmill.caFiles" .) }}
{{- $ca := .root.Values.ca }}
- {{ ternary "secret" "configMap" (eq (include "tagmill.ca" .root) "secret") }}:
    name: {{ coalesce $ca.existingSecret $ca.existingConfigMap (include "tagmill.caName" .) }}
    items:
      - key: {{ ternary "ca.crt" $ca.key (eq (include "tagmill.ca" .root) "inline") }}
        path: tls/ca.pem
        mode: 0444
{{- end }}
{{- end -}}

{{/* Ports of a server: those in the values and those of its URL, if it is given inline; otherwise the default port. */}}
{{- define "tagmill.ports" -}}
{{- $ports := .told -}}
{{- $usual := .usual -}}
{{- with .url -}}
{{- range splitList "," (regexReplaceAll "^[a-z]+://([^/?]*@)?([^/?]*).*$" . "${2}") -}}
{{- $ports = append $ports (default $usual (regexFind "[0-9]+$" (regexFind ":[0-9]+$" .))) -}}
{{- end -}}
{{- end -}}
{{- default (list $usual) $ports | join " " -}}
{{- end -}}
