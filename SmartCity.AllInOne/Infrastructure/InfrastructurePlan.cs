using SmartCity.Contracts.Cities;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>What is started here and what is external. Whatever has a connection string is external.</summary>
internal sealed record InfrastructurePlan
{
    private const int StationsWithRealKafka = 3;

    public required City City { get; init; }

    public required IReadOnlyList<Station> Stations { get; init; }

    /// <summary>Folder of a Kafka installation; null for brokers in the process.</summary>
    public required string? KafkaHome { get; init; }

    public required bool StartsPostgres { get; init; }

    public required bool StartsCoreKafka { get; init; }

    /// <summary>Stations whose edge Kafka is started here.</summary>
    public required IReadOnlyList<string> EdgeBrokers { get; init; }

    /// <summary>Stations whose topics are carried to the core from here; empty where both sides are external, for then the mirror is too.</summary>
    public required IReadOnlyList<string> Mirrored { get; init; }

    /// <summary>Connection string of the object store; null for a folder of the data folder.</summary>
    public required string? Objects { get; init; }

    /// <summary>Fewer stations than the city has, because each would be a process.</summary>
    public bool StationsHeldBack { get; private init; }

    public bool StartsKafka => StartsCoreKafka || EdgeBrokers.Count > 0;

    /// <summary>Some broker runs in this process: its partitions keep little and nothing survives.</summary>
    public bool BrokersForget => KafkaHome is null && StartsKafka;

    public bool UsesMirrorMaker => KafkaHome is not null && Mirrored.Count > 0;

    /// <param name="stations"><c>all</c>, a number, ids separated by commas, or null.</param>
    /// <exception cref="InvalidOperationException">The stations asked for do not exist.</exception>
    public static InfrastructurePlan Of(IConfiguration configuration, City city, string? stations)
    {
        var kafkaHome = configuration["KAFKA_HOME"] is { Length: > 0 } home ? Path.GetFullPath(home) : null;
        var startsCore = configuration.GetConnectionString("core-kafka") is null;
        bool External(string station) => configuration.GetConnectionString("edge-kafka") is not null || configuration.GetConnectionString($"edge-kafka-{station}") is not null;
        var heldBack = stations is null && kafkaHome is not null && city.Stations.Count > StationsWithRealKafka && city.Stations.Any(s => !External(s.Id));
        var served = heldBack ? [.. city.Stations.Take(StationsWithRealKafka)] : Served(city, stations ?? "all");
        var edges = served.Select(s => s.Id).Where(id => !External(id)).ToArray();

        // Stations that share a Kafka are carried once.
        var mirrored = startsCore || edges.Length > 0
            ? served.Select(s => s.Id).DistinctBy(id => edges.Contains(id) ? id : configuration.GetConnectionString($"edge-kafka-{id}") ?? configuration.GetConnectionString("edge-kafka")).ToArray()
            : [];
        return new InfrastructurePlan
        {
            City = city,
            Stations = served,
            KafkaHome = kafkaHome,
            StartsPostgres = configuration.GetConnectionString("postgres") is null,
            StartsCoreKafka = startsCore,
            EdgeBrokers = edges,
            Mirrored = mirrored,
            Objects = configuration.GetConnectionString("objects"),
            StationsHeldBack = heldBack,
        };
    }

    private static IReadOnlyList<Station> Served(City city, string stations)
    {
        if (stations.Equals("all", StringComparison.OrdinalIgnoreCase))
        {
            return city.Stations;
        }

        if (int.TryParse(stations, out var count))
        {
            return count >= 1 && count <= city.Stations.Count
                ? [.. city.Stations.Take(count)]
                : throw new InvalidOperationException($"--stations {count}: the city has {city.Stations.Count} stations.");
        }

        var wanted = stations.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var unknown = wanted.Except(city.Stations.Select(s => s.Id)).ToArray();
        return unknown.Length == 0 && wanted.Length > 0
            ? [.. city.Stations.Where(s => wanted.Contains(s.Id))]
            : throw new InvalidOperationException($"--stations: the city has no {string.Join(", ", unknown)}; its stations are {string.Join(", ", city.Stations.Select(s => s.Id))}.");
    }
}
