{{/* Names and labels. A component is stg, dds, cdm or migrate. */}}

{{/* What everything of a release is called, with room for the component behind it. */}}
{{- define "tagmill.fullname" -}}
{{- $name := ternary .Release.Name (printf "%s-tagmill" .Release.Name) (contains "tagmill" .Release.Name) -}}
{{- $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* By which a component's pods are told from all others; immutable, so it holds nothing that changes. */}}
{{- define "tagmill.selector" -}}
app.kubernetes.io/name: tagmill
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "tagmill.labels" -}}
{{ include "tagmill.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "tagmill-%s" .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The head of an object. What the migration needs is a hook as the job is: it is there before anything else, and gone when
     the job has succeeded. Smaller weights come first. */}}
{{- define "tagmill.metadata" -}}
name: {{ include "tagmill.fullname" .root }}-{{ .name }}{{ .suffix }}
labels: {{- include "tagmill.labels" . | nindent 2 }}
{{- if eq .name "migrate" }}
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ default 0 .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
{{- end -}}
