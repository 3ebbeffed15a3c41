using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;

namespace SmartCity.Deploy.Tests;

/// <summary>CloudNativePG's resources (postgresql.cnpg.io/v1, 1.25), as far as the chart uses them. A field that is not here is refused, as the operator's own schema would.</summary>
internal static class CloudNativePg
{
    internal sealed record Cluster
    {
        public required int Instances { get; init; }
        public required string ImageName { get; init; }
        public Bootstrap? Bootstrap { get; init; }
        public List<ExternalCluster>? ExternalClusters { get; init; }
        public Managed? Managed { get; init; }
        public ProjectedVolume? ProjectedVolumeTemplate { get; init; }
        public required Storage Storage { get; init; }
        public Dictionary<string, Dictionary<string, string>>? Resources { get; init; }
        public required Postgresql Postgresql { get; init; }
        public Backup? Backup { get; init; }

        public static Cluster Read(YamlNode manifest) => StrictYaml.Read<Cluster>(manifest["spec"]);
    }

    internal sealed record ScheduledBackup
    {
        public string? Schedule { get; init; }
        public bool Immediate { get; init; }
        public string? BackupOwnerReference { get; init; }
        public Reference? Cluster { get; init; }

        public static ScheduledBackup Read(YamlNode manifest) => StrictYaml.Read<ScheduledBackup>(manifest["spec"]);
    }

    internal sealed record Reference
    {
        public required string Name { get; init; }
    }

    internal sealed record Bootstrap
    {
        public Initdb? Initdb { get; init; }
        public Recovery? Recovery { get; init; }
    }

    internal sealed record Initdb
    {
        public required string Database { get; init; }
        public required string Owner { get; init; }

        [YamlMember(Alias = "postInitApplicationSQL", ApplyNamingConventions = false)]
        public List<string>? PostInitApplicationSql { get; init; }
    }

    internal sealed record Managed
    {
        public required List<Role> Roles { get; init; }
    }

    internal sealed record Role
    {
        public required string Name { get; init; }
        public string? Ensure { get; init; }
        public bool Login { get; init; }
        public int? ConnectionLimit { get; init; }
        public Reference? PasswordSecret { get; init; }
    }

    internal sealed record Recovery
    {
        public required string Source { get; init; }
        public string? Database { get; init; }
        public string? Owner { get; init; }
        public RecoveryTarget? RecoveryTarget { get; init; }
    }

    internal sealed record RecoveryTarget
    {
        public string? TargetTime { get; init; }
    }

    internal sealed record ProjectedVolume
    {
        public required List<Source> Sources { get; init; }
    }

    internal sealed record Source
    {
        public required ProjectedSecret Secret { get; init; }
    }

    internal sealed record ProjectedSecret
    {
        public required string Name { get; init; }
        public bool Optional { get; init; }
        public required List<Item> Items { get; init; }
    }

    internal sealed record Item
    {
        public required string Key { get; init; }
        public required string Path { get; init; }
    }

    internal sealed record ExternalCluster
    {
        public required string Name { get; init; }
        public BarmanObjectStore? BarmanObjectStore { get; init; }
    }

    internal sealed record Storage
    {
        public required string Size { get; init; }
        public string? StorageClass { get; init; }
    }

    internal sealed record Postgresql
    {
        public Synchronous? Synchronous { get; init; }
        public Dictionary<string, string>? Parameters { get; init; }
    }

    internal sealed record Synchronous
    {
        public required string Method { get; init; }
        public required int Number { get; init; }
        public string? DataDurability { get; init; }
    }

    internal sealed record Backup
    {
        public string? RetentionPolicy { get; init; }
        public BarmanObjectStore? BarmanObjectStore { get; init; }
    }

    internal sealed record BarmanObjectStore
    {
        public required string DestinationPath { get; init; }

        [YamlMember(Alias = "endpointURL", ApplyNamingConventions = false)]
        public string? EndpointUrl { get; init; }

        public string? ServerName { get; init; }
        public Credentials? S3Credentials { get; init; }
        public Compression? Wal { get; init; }
        public Compression? Data { get; init; }
    }

    internal sealed record Credentials
    {
        public SecretKey? AccessKeyId { get; init; }
        public SecretKey? SecretAccessKey { get; init; }
    }

    internal sealed record SecretKey
    {
        public required string Name { get; init; }
        public required string Key { get; init; }
    }

    internal sealed record Compression
    {
        [YamlMember(Alias = "compression")]
        public string? Algorithm { get; init; }
        public int? MaxParallel { get; init; }
    }
}
