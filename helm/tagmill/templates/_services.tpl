{{/* The services: what the templates know of each. A further service is an entry here and one in values.yaml.
       topic            topic that it reads: its replicas share the partitions and are scaled by the lag
       kafka            whether it connects to Kafka
       urls             addresses of its servers by the secret that holds them, with the kind of server: database, redis or http
       migrates         secret with the address of the database that its `migrate` changes; none: the job of `migration` does it
       shared           settings and secrets of all services that it takes; none: all of them
       environment      variables that the chart sets
       mounts, volumes  what its pod has beside secrets and certificates
       answersUnready   whether requests reach a pod that is not ready */}}
{{- define "tagmill.services" -}}
stg:
  topic: order-service_orders
  kafka: true
  urls: {DATABASE_URL: database, REDIS_URL: redis}
dds:
  topic: stg-service-orders
  kafka: true
  urls: {DATABASE_URL: database}
cdm:
  topic: dds-service-orders
  kafka: true
  urls: {DATABASE_URL: database}
  # A pod that waits for Kafka is not ready, but its tag API and dashboard need only the database and still answer.
  answersUnready: true
elt:
  urls: {SOURCE_DATABASE_URL: database, TARGET_DATABASE_URL: database, REDIS_URL: redis}
  migrates: TARGET_DATABASE_URL
  shared: {settings: [LOG_FORMAT, RUST_LOG], secrets: []}
  environment: {JOBS_DIR: /jobs, LOG_DIR: /var/log/tagmill}
  # As a folder: files that are mounted one by one (subPath) never change.
  mounts:
    - {name: jobs, mountPath: /jobs, readOnly: true}
    - {name: logs, mountPath: /var/log/tagmill}
  volumes:
    - name: jobs
      configMap:
        name: {{ default (printf "%s-elt-jobs" (include "tagmill.fullname" .)) .Values.services.elt.existingJobs }}
    - name: logs
      emptyDir: {sizeLimit: 64Mi}
  # The page of the jobs says why a pod is not ready.
  answersUnready: true
segments:
  {{- $own := .Values.services.segments }}
  {{- $users := dig "USER_SERVICE_URL" (dict) $own.secrets }}
  {{- $readsUsers := or $users.value $users.existingSecret | empty | not }}
  # Users are read from Kafka if there is a user service to ask about them.
  kafka: {{ $readsUsers }}
  urls: {DATABASE_URL: database{{ if $readsUsers }}, USER_SERVICE_URL: http{{ end }}}
  migrates: DATABASE_URL
  shared:
    settings: [LOG_FORMAT, RUST_LOG{{ if $readsUsers }}, KAFKA_BOOTSTRAP_SERVERS, KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SESSION_TIMEOUT, KAFKA_COMPRESSION, KAFKA_CREATE_TOPICS{{ end }}]
    secrets: [DATABASE_URL{{ if $readsUsers }}, KAFKA_SASL_PASSWORD{{ end }}]
  environment: {PUBLIC_URL: "http://{{ include "tagmill.fullname" . }}-segments.{{ .Release.Namespace }}:5000"{{ if $own.existingClaim }}, FILES_ROOT: /files{{ end }}}
  {{- with $own.existingClaim }}
  mounts:
    - {name: subscribers, mountPath: /files}
  volumes:
    - name: subscribers
      persistentVolumeClaim: {claimName: {{ . | quote }}}
  {{- end }}
  # A pod that waits for Kafka or for the user service is not ready, but its API needs only the database and still answers.
  answersUnready: {{ $readsUsers }}
{{- end -}}

{{/* Puts the components of a release into the map `into`, by name: the services that are on, and the jobs that migrate. A component has
       root, name, own (its values), path (of its values, for messages), service (its entry above), program, isJob */}}
{{- define "tagmill.components" -}}
{{- $root := .root -}}
{{- $into := .into -}}
{{- range $name, $service := fromYaml (include "tagmill.services" $root) -}}
{{- $own := get $root.Values.services $name -}}
{{- if dig "enabled" true $own -}}
{{- $component := dict "root" $root "name" $name "own" $own "path" (printf "services.%s" $name) "service" $service "program" $name "isJob" false -}}
{{- $_ := set $into $name $component -}}
{{- if and $service.migrates $root.Values.migration.enabled -}}
{{- $job := printf "%s-migrate" $name -}}
{{- $_ := set $into $job (merge (dict "name" $job "isJob" true) $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $root.Values.migration.enabled -}}
{{- $service := dict "migrates" "DATABASE_URL" "urls" (dict "DATABASE_URL" "database") -}}
{{- $_ := set $into "migrate" (dict "root" $root "name" "migrate" "own" $root.Values.migration "path" "migration" "service" $service "program" "stg" "isJob" true) -}}
{{- end -}}
{{- end -}}
