{{/* Names and labels. A component is a service or a job that migrates (_services.tpl). */}}

{{/* Name prefix of all objects of a release, short enough for a component to follow. */}}
{{- define "tagmill.fullname" -}}
{{- $name := ternary .Release.Name (printf "%s-tagmill" .Release.Name) (contains "tagmill" .Release.Name) -}}
{{- $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* Selector labels of a component's pods. They are immutable, so they contain nothing that changes. */}}
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

{{/* Metadata of an object. Objects of the migration are hooks like its job: they are created before all others and deleted when
     the job has succeeded. Smaller weights come first. */}}
{{- define "tagmill.metadata" -}}
name: {{ include "tagmill.fullname" .root }}-{{ .name }}{{ .suffix }}
labels: {{- include "tagmill.labels" . | nindent 2 }}
{{- if .isJob }}
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ default 0 .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
{{- end -}}
