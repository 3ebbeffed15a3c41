using System.Globalization;
using System.Text;

namespace SmartCity.Contracts;

/// <summary>Settings of a dedicated MirrorMaker 2 that carries every station's topics to the core as <c>{station}.{topic}</c>.</summary>
public static class MirrorMaker
{
    /// <summary>Name of the target cluster; run MirrorMaker with <c>--clusters core</c>.</summary>
    public const string Core = "core";

    /// <summary>The properties file.</summary>
    /// <param name="sources">Station id and bootstrap servers of its Kafka; a value may be <c>${env:NAME}</c>.</param>
    /// <param name="core">Bootstrap servers of the core.</param>
    /// <param name="replicationFactor">Replication factor of the topics that MirrorMaker creates; 3 if the core has three brokers or more.</param>
    public static string Properties(IEnumerable<(string Station, string Bootstrap)> sources, string core, int replicationFactor = 1)
    {
        var stations = sources.ToArray();
        var text = new StringBuilder();
        text.Append("clusters=").AppendJoin(',', stations.Select(s => s.Station).Append(Core)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"{Core}.bootstrap.servers={core}\n");
        foreach (var (station, bootstrap) in stations)
        {
            text.Append(CultureInfo.InvariantCulture, $"{station}.bootstrap.servers={bootstrap}\n");
            text.Append(CultureInfo.InvariantCulture, $"{station}->{Core}.enabled=true\n");
            text.Append(CultureInfo.InvariantCulture, $"{station}->{Core}.topics={Topics.Sightings}|{Topics.StationHeartbeats}\n");
            text.Append(CultureInfo.InvariantCulture, $"{Core}->{station}.enabled=false\n");
            text.Append(CultureInfo.InvariantCulture, $"{Core}->{station}.emit.heartbeats.enabled=false\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"""
            config.providers=env
            config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
            replication.factor={replicationFactor}
            checkpoints.topic.replication.factor={replicationFactor}
            heartbeats.topic.replication.factor={replicationFactor}
            offset-syncs.topic.replication.factor={replicationFactor}
            offset.storage.replication.factor={replicationFactor}
            status.storage.replication.factor={replicationFactor}
            config.storage.replication.factor={replicationFactor}
            refresh.topics.interval.seconds=5
            refresh.groups.interval.seconds=30
            offset.flush.interval.ms=5000
            producer.linger.ms=5
            tasks.max=2
            dedicated.mode.enable.internal.rest=true

            """);
        return text.ToString();
    }

    /// <summary>Name of the environment variable with a station's bootstrap servers: <c>KAFKA_LONDON_A1</c>.</summary>
    public static string BootstrapVariable(string station) =>
        "KAFKA_" + station.ToUpperInvariant().Replace('-', '_');
}
