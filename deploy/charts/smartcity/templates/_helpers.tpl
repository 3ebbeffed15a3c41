{{- define "smartcity.labels" -}}
app.kubernetes.io/part-of: smartcity
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/name: {{ .name }}
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
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "smartcity.selector" . | nindent 14 }}
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

{{/* ConnectionStrings of the core, from the Secret or from what the operators made. */}}
{{- define "smartcity.connections" -}}
{{- $v := .Values }}
{{- $name := .Release.Name }}
{{- if eq $v.postgres.mode "cloudnativepg" }}
- name: POSTGRES_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $name }}-postgres-app, key: password } }
- name: ConnectionStrings__postgres
  value: Host={{ $name }}-postgres-rw;Username=smartcity;Password=$(POSTGRES_PASSWORD);Database=smartcity
{{- else if eq $v.postgres.mode "bundled" }}
- name: POSTGRES_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: postgres-password } }
- name: ConnectionStrings__postgres
  value: Host={{ $name }}-postgres;Username=smartcity;Password=$(POSTGRES_PASSWORD);Database=smartcity
{{- else }}
- name: ConnectionStrings__postgres
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: postgres } }
{{- end }}
{{- if eq $v.kafka.mode "strimzi" }}
- name: KAFKA_USER
  value: {{ $name }}-core
- name: KAFKA_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $name }}-core, key: password } }
- name: ConnectionStrings__core-kafka
  value: {{ $name }}-kafka-bootstrap:9092;security.protocol=SASL_PLAINTEXT;sasl.mechanisms=SCRAM-SHA-512;sasl.username=$(KAFKA_USER);sasl.password=$(KAFKA_PASSWORD)
{{- else if eq $v.kafka.mode "bundled" }}
- name: ConnectionStrings__core-kafka
  value: {{ $name }}-kafka:9092
{{- else }}
- name: ConnectionStrings__core-kafka
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: core-kafka } }
{{- end }}
{{- if eq $v.objects.mode "bundled" }}
- name: OBJECTS_USER
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: objects-user } }
- name: OBJECTS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: objects-password } }
- name: ConnectionStrings__objects
  value: Endpoint=http://{{ $name }}-objects:9000;AccessKey=$(OBJECTS_USER);SecretKey=$(OBJECTS_PASSWORD);Bucket=smartcity
{{- else }}
- name: ConnectionStrings__objects
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: objects } }
{{- end }}
{{- end }}
