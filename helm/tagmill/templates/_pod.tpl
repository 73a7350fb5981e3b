{{/* The pod template of the services and of the migration jobs. */}}
{{- define "tagmill.pod" -}}
{{- $runs := not .isJob -}}
{{- $own := ternary .service dict $runs -}}
{{- $values := .root.Values -}}
metadata:
  {{- /* No version label: a pod is replaced when its own template changes, not with every version of the chart. */}}
  labels:
    {{- include "tagmill.selector" . | nindent 4 }}
    {{- with $values.pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    {{- /* A checksum replaces the pod when its secrets change; a running pod does not notice. */}}
    checksum/secrets: {{ include "tagmill.inlineSecrets" . | sha256sum }}
    {{- if fromYaml (include "tagmill.caFiles" .) }}
    checksum/ca: {{ $values.ca.pem | sha256sum }}
    {{- end }}
    {{- with $values.pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: {{ ternary "Always" "Never" $runs }}
  {{- if $runs }}
  terminationGracePeriodSeconds: {{ add $values.shutdownGraceSeconds 15 }}
  {{- end }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.pod.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $values.podSecurityContext }}
  securityContext: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.pod.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.pod.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.pod.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $runs }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "tagmill.selector" . | nindent 10 }}
  {{- end }}
  containers:
    - name: {{ .name }}
      image: "{{ $values.image.repository }}:{{ default .root.Chart.AppVersion $values.image.tag }}"
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command: [{{ printf "/usr/local/bin/%s-service" .program | quote }}]
      args: [{{ ternary "run" "migrate" $runs }}]
      env: {{- include "tagmill.environment" . | trim | nindent 8 }}
      {{- if $runs }}
      ports:
        - {name: http, containerPort: 5000, protocol: TCP}
      {{- /* /health fails only when the loop hangs. An unreachable broker does not restart the pod. */}}
      startupProbe:
        httpGet: {path: /health, port: http}
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 30
        successThreshold: 1
      livenessProbe:
        httpGet: {path: /health, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
        successThreshold: 1
      readinessProbe:
        httpGet: {path: /ready, port: http}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
        successThreshold: 1
      {{- end }}
      resources: {{- toYaml (default $values.resources .own.resources) | nindent 8 }}
      {{- with $values.securityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - {name: files, mountPath: /etc/tagmill, readOnly: true}
        {{- with $own.mounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with $values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: files
      projected:
        defaultMode: 0440
        sources: {{- include "tagmill.files" . | trim | nindent 10 }}
    {{- with $own.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
