{{/* Values of a release from before, which an upgrade with --reuse-values goes on with, have no such mode. */}}
{{- define "smartcity.tls.mode" -}}
{{- (.Values.internalTls).mode | default "off" -}}
{{- end }}

{{/* Whether the product's own parts speak by TLS alone: a word, or nothing. */}}
{{- define "smartcity.tls" -}}
{{- if ne (include "smartcity.tls.mode" .) "off" }}on{{ end }}
{{- end }}

{{/* Whether the ingress, or OpenShift's router, speaks by TLS to the console and to the core. */}}
{{- define "smartcity.tls.reencrypt" -}}
{{- if .Values.ingress.reencrypt }}
{{- if not (include "smartcity.tls" .) }}{{ fail "ingress.reencrypt is true, but internalTls.mode is off: there is no certificate that the ingress could check. Set internalTls.mode to generated, certManager or secret." }}{{ end -}}
on
{{- end }}
{{- end }}

{{/* Whether the core's API listens without TLS: without internalTls, or for an ingress that does not encrypt. */}}
{{- define "smartcity.tls.plainCore" -}}
{{- if or (not (include "smartcity.tls" .)) (and .Values.apiHost (or .Values.openshift.enabled .Values.ingress.enabled) (not (include "smartcity.tls.reencrypt" .))) }}on{{ end }}
{{- end }}

{{- define "smartcity.tls.plainWeb" -}}
{{- if not (include "smartcity.tls.reencrypt" .) }}on{{ end }}
{{- end }}

{{/* Services that have a certificate. */}}
{{- define "smartcity.tls.services" -}}
core{{ if .Values.lake.enabled }} lake{{ end }}{{ if include "smartcity.tls.reencrypt" . }} web{{ end }}
{{- end }}

{{/* The Secret of one of them: ca.crt, tls.crt and tls.key. */}}
{{- define "smartcity.tls.secret" -}}
{{- if eq (include "smartcity.tls.mode" .root) "secret" -}}
{{ required (printf "internalTls.secrets.%s is missing: the name of the Secret with the certificate of RELEASE-%s (tls.crt, tls.key, ca.crt)." .name .name) (index .root.Values.internalTls.secrets .name) }}
{{- else -}}
{{ .root.Release.Name }}-{{ .name }}-tls
{{- end }}
{{- end }}

{{/* By which names it is called. */}}
{{- define "smartcity.tls.names" -}}
{{- $name := printf "%s-%s" .root.Release.Name .name }}
{{- $inside := printf "%s.%s" $name .root.Release.Namespace }}
{{- list $name $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) | join "," }}
{{- end }}

{{/* The volume with the service's own certificate. The key can be read by root and by the group of the pod, which has one user. */}}
{{- define "smartcity.tls.volume" -}}
- name: tls
  # 0440
  secret: { secretName: {{ include "smartcity.tls.secret" . }}, defaultMode: 288, items: [{ key: tls.crt, path: tls.crt }, { key: tls.key, path: tls.key }] }
{{- end }}

{{/* The volume with the authority of a service that is called; without its key. */}}
{{- define "smartcity.tls.authorityVolume" -}}
- name: {{ .name }}-ca
  secret: { secretName: {{ include "smartcity.tls.secret" . }}, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}

{{/*
  Of mode generated: the authority, and a certificate for each service, in .Release.Made, made once for all templates of a rendering. What the cluster has is kept:
  a certificate for one of its five years, the authority for five of its ten. The first upgrade after that makes a new one.
*/}}
{{- define "smartcity.tls.made" -}}
{{- if not (hasKey .Release "Made") }}
{{- $now := now | unixEpoch | int64 }}
{{- $year := 31536000 }}
{{- $made := dict }}
{{- $name := printf "%s-internal-ca" .Release.Name }}
{{- $kept := lookup "v1" "Secret" .Release.Namespace $name }}
{{- $seesCluster := or $kept (lookup "v1" "Secret" .Release.Namespace .Values.secret) }}
{{- if not (or $seesCluster .Values.internalTls.generateAnew) }}
{{- fail (printf "internalTls.mode is generated, which keeps the certificates that the cluster has, but Helm sees neither the Secret %s nor %s in the namespace %s. If you install, create the Secret %s first. If this is helm template, a dry run of the client or a GitOps tool, which do not ask the cluster, each rendering would make other certificates: set internalTls.mode to certManager or secret, run with --dry-run=server, or, only to look at the manifests, set internalTls.generateAnew." .Values.secret $name .Release.Namespace .Values.secret) }}
{{- end }}
{{- $annotations := dig "metadata" "annotations" dict $kept | default dict }}
{{- $ca := dict }}
{{- if gt (index $annotations "smartcity/renew-after" | default "0" | int64) $now }}
{{- $ca = buildCustomCert (index $kept.data "tls.crt") (index $kept.data "tls.key") }}
{{- $_ := set $made "renew" (index $annotations "smartcity/renew-after") }}
{{- else }}
{{- $ca = genCAWithKey (printf "SmartCity %s %s" .Release.Namespace .Release.Name | trunc 64) 3650 (genPrivateKey "ecdsa") }}
{{- $_ := set $made "renew" (add $now (mul 5 $year) | toString) }}
{{- end }}
{{- $_ := set $made "authority" (dict "cert" $ca.Cert "key" $ca.Key) }}
{{- $_ := set $made "hash" (sha256sum $ca.Cert) }}
{{- $services := dict }}
{{- range $service := include "smartcity.tls.services" . | splitList " " }}
{{- $of := dict "root" $ "name" $service }}
{{- $names := include "smartcity.tls.names" $of }}
{{- $had := lookup "v1" "Secret" $.Release.Namespace (include "smartcity.tls.secret" $of) }}
{{- $notes := dig "metadata" "annotations" dict $had | default dict }}
{{- if and (eq (index $notes "smartcity/names" | default "") $names) (eq (index $notes "smartcity/authority" | default "") $made.hash) (gt (index $notes "smartcity/renew-after" | default "0" | int64) $now) }}
{{- $_ := set $services $service (dict "cert" (index $had.data "tls.crt" | b64dec) "key" (index $had.data "tls.key" | b64dec) "names" $names "renew" (index $notes "smartcity/renew-after")) }}
{{- else }}
{{- $one := genSignedCertWithKey (splitList "," $names | first) nil (splitList "," $names | toJson | fromJsonArray) 1825 $ca (genPrivateKey "ecdsa") }}
{{- $_ := set $services $service (dict "cert" $one.Cert "key" $one.Key "names" $names "renew" (add $now $year | toString)) }}
{{- end }}
{{- end }}
{{- $_ := set $made "services" $services }}
{{- $_ := set .Release "Made" $made }}
{{- end }}
{{- end }}

{{/* With another authority pods start anew, so that who calls and who is called have the same. */}}
{{- define "smartcity.tls.annotations" -}}
{{- if eq (include "smartcity.tls.mode" .) "generated" }}
{{- include "smartcity.tls.made" . -}}
smartcity/authority: {{ .Release.Made.hash }}
{{- end }}
{{- end }}

{{/* How ingress-nginx speaks to a service by TLS, and knows that it is that one. */}}
{{- define "smartcity.tls.ingress" -}}
nginx.ingress.kubernetes.io/backend-protocol: HTTPS
nginx.ingress.kubernetes.io/proxy-ssl-secret: {{ .root.Release.Namespace }}/{{ include "smartcity.tls.secret" . }}
nginx.ingress.kubernetes.io/proxy-ssl-verify: "on"
nginx.ingress.kubernetes.io/proxy-ssl-name: {{ .root.Release.Name }}-{{ .name }}
nginx.ingress.kubernetes.io/proxy-ssl-server-name: "on"
{{- end }}

{{/* How OpenShift's router does; `tls` of a Route. */}}
{{- define "smartcity.tls.route" -}}
{{- if include "smartcity.tls.reencrypt" . -}}
termination: reencrypt
insecureEdgeTerminationPolicy: Redirect
{{- if eq (include "smartcity.tls.mode" .) "generated" }}
{{- include "smartcity.tls.made" . }}
destinationCACertificate: {{ .Release.Made.authority.cert | quote }}
{{- else }}
destinationCACertificate: {{ required "internalTls.authority is missing: with openshift.enabled and ingress.reencrypt the Route itself holds the authority's certificate (PEM), which the chart knows by itself only where internalTls.mode is generated." .Values.internalTls.authority | quote }}
{{- end }}
{{- else -}}
termination: edge
insecureEdgeTerminationPolicy: Redirect
{{- end }}
{{- end }}
