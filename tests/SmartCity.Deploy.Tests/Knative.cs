using YamlDotNet.RepresentationModel;

namespace SmartCity.Deploy.Tests;

/// <summary>Knative's and KEDA's resources (serving.knative.dev/v1, sources.knative.dev/v1, keda.sh/v1alpha1), as far as the chart uses them. A field that is not here is refused, as their own schemas would.</summary>
internal static class Knative
{
    internal sealed record Service
    {
        public required Template Template { get; init; }

        public static Service Read(YamlNode manifest) => StrictYaml.Read<Service>(manifest["spec"]);
    }

    internal sealed record Template
    {
        public required Metadata Metadata { get; init; }
        public required Revision Spec { get; init; }
    }

    internal sealed record Metadata
    {
        public required Dictionary<string, string> Annotations { get; init; }
    }

    internal sealed record Revision
    {
        public required int ContainerConcurrency { get; init; }
        public required int TimeoutSeconds { get; init; }
        public required List<Container> Containers { get; init; }
    }

    internal sealed record Container
    {
        public required string Image { get; init; }
        public List<Variable>? Env { get; init; }
        public required Dictionary<string, Dictionary<string, string>> Resources { get; init; }
        public required SecurityContext SecurityContext { get; init; }
    }

    internal sealed record Variable
    {
        public required string Name { get; init; }
        public required string Value { get; init; }
    }

    internal sealed record SecurityContext
    {
        public required bool AllowPrivilegeEscalation { get; init; }
        public required bool ReadOnlyRootFilesystem { get; init; }
        public required bool RunAsNonRoot { get; init; }
        public required Dictionary<string, List<string>> Capabilities { get; init; }
    }

    internal sealed record KafkaSource
    {
        public required string ConsumerGroup { get; init; }
        public required string InitialOffset { get; init; }
        public required string Ordering { get; init; }
        public required List<string> Topics { get; init; }
        public required List<string> BootstrapServers { get; init; }
        public Net? Net { get; init; }
        public required Delivery Delivery { get; init; }
        public required Sink Sink { get; init; }

        public static KafkaSource Read(YamlNode manifest) => StrictYaml.Read<KafkaSource>(manifest["spec"]);
    }

    internal sealed record Net
    {
        public required Sasl Sasl { get; init; }
        public required Tls Tls { get; init; }
    }

    internal sealed record Sasl
    {
        public required bool Enable { get; init; }
        public required FromSecret User { get; init; }
        public required FromSecret Password { get; init; }
        public required FromSecret Type { get; init; }
    }

    internal sealed record Tls
    {
        public required bool Enable { get; init; }
        public FromSecret? CaCert { get; init; }
    }

    internal sealed record FromSecret
    {
        public required CloudNativePg.SecretKey SecretKeyRef { get; init; }
    }

    internal sealed record Delivery
    {
        public required int Retry { get; init; }
        public required string BackoffPolicy { get; init; }
        public required string BackoffDelay { get; init; }
        public required DeadLetterSink DeadLetterSink { get; init; }
    }

    internal sealed record DeadLetterSink
    {
        public required Uri Uri { get; init; }
    }

    internal sealed record Sink
    {
        public required Reference Ref { get; init; }
    }

    internal sealed record Reference
    {
        public required string ApiVersion { get; init; }
        public required string Kind { get; init; }
        public required string Name { get; init; }
    }

    internal sealed record ScaledObject
    {
        public required Target ScaleTargetRef { get; init; }
        public required int MinReplicaCount { get; init; }
        public required int MaxReplicaCount { get; init; }
        public required List<Trigger> Triggers { get; init; }

        public static ScaledObject Read(YamlNode manifest) => StrictYaml.Read<ScaledObject>(manifest["spec"]);
    }

    internal sealed record Target
    {
        public required string Name { get; init; }
    }

    internal sealed record Trigger
    {
        public required string Type { get; init; }
        public required KafkaTrigger Metadata { get; init; }
        public Target? AuthenticationRef { get; init; }
    }

    internal sealed record KafkaTrigger
    {
        public required string BootstrapServers { get; init; }
        public string? Sasl { get; init; }
        public string? Tls { get; init; }
        public required string ConsumerGroup { get; init; }
        public required string LagThreshold { get; init; }
    }
}
