{{- define "smartcity.labels" -}}
app.kubernetes.io/part-of: smartcity
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/name: {{ .name }}
smartcity/station: {{ .root.Values.station }}
app.kubernetes.io/version: {{ .root.Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "smartcity.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/name: {{ .name }}
{{- end }}

{{/* Of every pod. OpenShift gives ids of its own. */}}
{{- define "smartcity.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
serviceAccountName: {{ .root.Release.Name }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  seccompProfile: { type: RuntimeDefault }
  {{- if not .root.Values.openshift.enabled }}
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  {{- end }}
{{- with merge (dict) .root.Values.nodeSelector (.nodeSelector | default dict) }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat .root.Values.tolerations (.tolerations | default list) }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "smartcity.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Probes of our own services: started when it answers, ready when its workers are, alive while it answers. */}}
{{- define "smartcity.probes" -}}
startupProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /health/ready, port: http }
  periodSeconds: 5
  timeoutSeconds: 3
livenessProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{- define "smartcity.environment" -}}
- name: ASPNETCORE_HTTP_PORTS
  value: "8080"
{{- with .root.Values.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: OTEL_SERVICE_NAME
  value: {{ $.name }}
{{- end }}
{{- range $name, $value := .more }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Bytes of a quantity such as 200Gi. */}}
{{- define "smartcity.bytes" -}}
{{- $number := regexFind "^[0-9]+" . | float64 }}
{{- $unit := dict "" 1 "M" 1e6 "G" 1e9 "T" 1e12 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- mulf $number (index $unit (regexFind "[A-Za-z]*$" .)) | int64 }}
{{- end }}

{{/* How large a partition may grow: four fifths of the disk, shared between sightings and heartbeats, which have a partition each. */}}
{{- define "smartcity.kafka.retentionBytes" -}}
{{- $most := mulf 0.4 (include "smartcity.bytes" .Values.kafka.storage | float64) | int64 }}
{{- $given := int64 .Values.kafka.retentionBytes }}
{{- if gt $given $most }}
{{- fail (printf "kafka.retentionBytes is %d, which is too much: two topics of that size would fill the disk of %s. At most %d fits; 0 takes that." $given .Values.kafka.storage $most) }}
{{- end }}
{{- ternary $most $given (eq $given 0) }}
{{- end }}
