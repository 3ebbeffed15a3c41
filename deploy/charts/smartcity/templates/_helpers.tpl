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
{{- with .nodeSelector | default .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations | default .root.Values.tolerations }}
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

{{/* Probes of our own services: started when it answers, ready when its workers are, alive while it answers. `port` is http or https; the kubelet asks a pod by its address. */}}
{{- define "smartcity.probes" -}}
{{- $port := printf "port: %s, scheme: %s" . (upper .) -}}
startupProbe:
  httpGet: { path: /health/live, {{ $port }} }
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /health/ready, {{ $port }} }
  periodSeconds: 5
  timeoutSeconds: 3
livenessProbe:
  httpGet: { path: /health/live, {{ $port }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{/* Of what stands behind the ingress: whose word about the callers' addresses counts. */}}
{{- define "smartcity.proxies" -}}
{{- range $i, $network := .Values.ingress.proxyNetworks }}
- name: Proxies__Networks__{{ $i }}
  value: {{ $network | quote }}
{{- end }}
{{- end }}

{{/* `http` and `https` say at which of the two the service listens; each is a word or empty. */}}
{{- define "smartcity.environment" -}}
- name: ASPNETCORE_HTTP_PORTS
  value: {{ if .http }}"8080"{{ else }}""{{ end }}
{{- if .https }}
- name: ASPNETCORE_HTTPS_PORTS
  value: "8443"
- name: Kestrel__Certificates__Default__Path
  value: /etc/smartcity-tls/tls.crt
- name: Kestrel__Certificates__Default__KeyPath
  value: /etc/smartcity-tls/tls.key
{{- end }}
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

{{/* ConnectionStrings from the Secret, or from what the operators made: of Postgres, of the object store, and of Kafka for the core. */}}
{{- define "smartcity.connections" -}}
{{- include "smartcity.connections.stores" . }}
{{ include "smartcity.connections.kafka" . }}
{{- end }}

{{- define "smartcity.connections.stores" -}}
{{- $v := .Values }}
{{- $name := .Release.Name }}
{{- if eq $v.postgres.mode "cloudnativepg" }}
- name: POSTGRES_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $name }}-postgres-app, key: password } }
- name: ConnectionStrings__postgres
  value: Host={{ $name }}-postgres-rw;Username=smartcity;Password=$(POSTGRES_PASSWORD);Database=smartcity;SSL Mode=VerifyFull;Root Certificate=/etc/smartcity-postgres-ca/ca.crt
{{- else if eq $v.postgres.mode "bundled" }}
- name: POSTGRES_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: postgres-password } }
- name: ConnectionStrings__postgres
  value: Host={{ $name }}-postgres;Username=smartcity;Password=$(POSTGRES_PASSWORD);Database=smartcity
{{- else }}
- name: ConnectionStrings__postgres
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: postgres } }
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

{{- define "smartcity.connections.kafka" -}}
{{- $v := .Values }}
{{- $name := .Release.Name }}
{{- if eq $v.kafka.mode "strimzi" -}}
- name: KAFKA_USER
  value: {{ $name }}-core
- name: KAFKA_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $name }}-core, key: password } }
- name: ConnectionStrings__core-kafka
  value: {{ $name }}-kafka-bootstrap:9093;security.protocol=SASL_SSL;ssl.ca.location=/etc/smartcity-kafka-ca/ca.crt;sasl.mechanisms=SCRAM-SHA-512;sasl.username=$(KAFKA_USER);sasl.password=$(KAFKA_PASSWORD)
{{- else if eq $v.kafka.mode "bundled" }}
- name: ConnectionStrings__core-kafka
  value: {{ $name }}-kafka:9092
{{- else }}
- name: ConnectionStrings__core-kafka
  valueFrom: { secretKeyRef: { name: {{ $v.secret }}, key: core-kafka } }
{{- end }}
{{- end }}

{{/* Bytes of a quantity such as 200Gi. */}}
{{- define "smartcity.bytes" -}}
{{- $number := regexFind "^[0-9]+" . | float64 }}
{{- $unit := dict "" 1 "M" 1e6 "G" 1e9 "T" 1e12 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- mulf $number (index $unit (regexFind "[A-Za-z]*$" .)) | int64 }}
{{- end }}

{{/* What a broker needs: 434 bytes a sighting, in up to three copies; a fifth stays free. */}}
{{- define "smartcity.kafka.needs" -}}
{{- $v := .Values }}
{{- $brokers := int $v.kafka.brokers }}
{{- $copies := ternary (min 3 $brokers) 1 (eq $v.kafka.mode "strimzi") }}
{{- divf (mulf (float64 $v.traffic.sightingsPerDay) 434 (divf (float64 $v.kafka.retentionHours) 24) $copies 1.25) (ternary $brokers 1 (eq $v.kafka.mode "strimzi")) | int64 }}
{{- end }}

{{- define "smartcity.kafka.storage" -}}
{{- $needs := include "smartcity.kafka.needs" . | int64 }}
{{- if .Values.kafka.storage }}
{{- if lt (include "smartcity.bytes" .Values.kafka.storage | int64) $needs }}
{{- fail (printf "kafka.storage is %s, which is too small: %d sightings a day for %d hours need %dGi on each broker. Give more, or leave kafka.storage empty, or lower kafka.retentionHours." .Values.kafka.storage (int64 .Values.traffic.sightingsPerDay) (int .Values.kafka.retentionHours) (ceil (divf $needs 1073741824) | int64)) }}
{{- end }}
{{- .Values.kafka.storage }}
{{- else }}
{{- max 20 (ceil (divf $needs 1073741824) | int64) }}Gi
{{- end }}
{{- end }}

{{/* How large a partition may grow: four fifths of the disks, shared among the copies of all partitions; of 20 stations where the chart does not know them. */}}
{{- define "smartcity.kafka.retentionBytes" -}}
{{- $v := .Values }}
{{- $strimzi := eq $v.kafka.mode "strimzi" }}
{{- $brokers := ternary (int $v.kafka.brokers) 1 $strimzi }}
{{- $copies := ternary (min 3 (int $v.kafka.brokers)) 1 $strimzi }}
{{- $stations := len $v.kafka.strimzi.stations | default 20 }}
{{- $disks := mulf 0.8 (include "smartcity.bytes" (include "smartcity.kafka.storage" .) | float64) $brokers }}
{{- $most := divf $disks (mulf $copies $stations (int $v.kafka.partitionsPerStation)) | int64 }}
{{- $given := int64 $v.kafka.retentionBytes }}
{{- if gt $given $most }}
{{- fail (printf "kafka.retentionBytes is %d, which is too much: %d stations with %d partitions each in %d copies would fill the disks of %d brokers. At most %d fits; 0 takes that." $given $stations (int $v.kafka.partitionsPerStation) $copies $brokers $most) }}
{{- end }}
{{- ternary $most $given (eq $given 0) }}
{{- end }}

{{/* What Postgres needs: 944 bytes a sighting with its passage, a quarter more for charges, alerts and dead rows, and the write-ahead log twice. */}}
{{- define "smartcity.postgres.storage" -}}
{{- $v := .Values }}
{{- $log := mulf 2 (include "smartcity.bytes" (trimSuffix "B" (default "1GB" (index $v.postgres.cloudnativepg.parameters "max_wal_size"))) | float64) }}
{{- $log = ternary $log 2147483648.0 (eq $v.postgres.mode "cloudnativepg") }}
{{- $needs := addf (mulf (float64 $v.traffic.sightingsPerDay) 944 (int $v.retention.sightingsDays) 1.25) $log | int64 }}
{{- if $v.postgres.storage }}
{{- if lt (include "smartcity.bytes" $v.postgres.storage | int64) $needs }}
{{- fail (printf "postgres.storage is %s, which is too small: %d sightings a day, kept for %d days, need %dGi. Give more, or leave postgres.storage empty, or lower retention.sightingsDays." $v.postgres.storage (int64 $v.traffic.sightingsPerDay) (int $v.retention.sightingsDays) (ceil (divf $needs 1073741824) | int64)) }}
{{- end }}
{{- $v.postgres.storage }}
{{- else }}
{{- ceil (divf $needs 1073741824) | int64 }}Gi
{{- end }}
{{- end }}

{{/* Where backups are, for Barman. */}}
{{- define "smartcity.backups" -}}
{{- $v := .Values -}}
destinationPath: {{ $v.postgres.cloudnativepg.backup.destination }}
{{- with $v.postgres.cloudnativepg.backup.endpoint }}
endpointURL: {{ . }}
{{- end }}
s3Credentials:
  accessKeyId: { name: {{ $v.secret }}, key: backup-access-key }
  secretAccessKey: { name: {{ $v.secret }}, key: backup-secret-key }
wal: { compression: gzip, maxParallel: 4 }
data: { compression: gzip }
{{- end }}

{{/* The city file, with the functions of the values if there are any. */}}
{{- define "smartcity.city" -}}
{{- if .Values.functions -}}
{{- $city := fromJson .Values.city -}}
{{- if hasKey $city "Error" }}{{ fail (printf "city is not valid JSON, or has comments, which it may not have together with functions: %s" $city.Error) }}{{ end -}}
{{- set $city "functions" .Values.functions | toPrettyJson -}}
{{- else -}}
{{- .Values.city -}}
{{- end -}}
{{- end }}

{{/* Postgres for engines in Java. `service` is the cluster's: ro reads from a standby, rw writes. */}}
{{- define "smartcity.jdbcPostgres" -}}
{{- if eq .root.Values.postgres.mode "external" -}}
{{ required "trino.postgresUrl is missing: an external Postgres has an address that the chart does not know." .root.Values.trino.postgresUrl }}
{{- else -}}
jdbc:postgresql://{{ .root.Release.Name }}-postgres{{ if eq .root.Values.postgres.mode "cloudnativepg" }}-{{ .service }}{{ end }}:5432/smartcity
{{- if eq .root.Values.postgres.mode "cloudnativepg" }}?sslmode=verify-full&sslrootcert=/etc/smartcity-postgres-ca/ca.crt{{ end }}
{{- end -}}
{{- end }}

{{/* The S3 for the same engines. */}}
{{- define "smartcity.objectsEndpoint" -}}
{{ if eq .Values.objects.mode "bundled" }}http://{{ .Release.Name }}-objects:9000{{ else }}{{ .Values.trino.objectsEndpoint }}{{ end }}
{{- end }}
