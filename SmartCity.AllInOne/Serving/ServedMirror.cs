using System.Globalization;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Edge;

namespace SmartCity.AllInOne.Serving;

/// <summary><c>smartcity serve mirror</c>: from <c>ConnectionStrings:edge-kafka-{station}</c> to <c>ConnectionStrings:core-kafka</c>.</summary>
internal static class ServedMirror
{
    /// <summary>The built-in mirror, where no Kafka installation has another.</summary>
    public static void Add(WebApplicationBuilder builder, IReadOnlyList<string> stations)
    {
        if (KafkaHome(builder.Configuration) is not null)
        {
            return;
        }

        builder.Configuration.AddInMemoryCollection(stations.Select((s, i) => KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"Mirror:Stations:{i}"), (string?)s)));
        builder.AddMirror();
    }

    public static async Task<Served> StartAsync(ServedContext host, IReadOnlyList<string> stations, string folder, CancellationToken cancellationToken)
    {
        if (stations.Count == 0)
        {
            throw new InvalidOperationException("--stations names no station; name those whose topics are to be carried.");
        }

        if (KafkaHome(host.Configuration) is not { } home)
        {
            host.Logger.LogInformation("The built-in mirror carries {Stations} to the core.", string.Join(", ", stations));
            return new Served(null);
        }

        var data = DataFolder.Take(folder);
        try
        {
            var kafka = await KafkaInstallation.FindAsync(Path.GetFullPath(home), cancellationToken);
            var sources = stations.Select(s => (s, Required(host.Configuration, $"edge-kafka-{s}"))).ToList();
            var mirror = await MirrorMakerProcess.StartAsync(kafka, sources, Required(host.Configuration, "core-kafka"), data, host.Health, host.Logger, cancellationToken);
            return new Served(null, new Ending(data), mirror, new LogTail(mirror.Log, Console.Out, host.Time).Start());
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private static string? KafkaHome(IConfiguration configuration) => configuration["KAFKA_HOME"] is { Length: > 0 } home ? home : null;

    private static string Required(IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name) ?? throw new InvalidOperationException($"ConnectionStrings__{name} is not set; give the Kafka bootstrap servers, such as localhost:9092.");
}
