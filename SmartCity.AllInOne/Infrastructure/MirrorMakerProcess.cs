using System.Globalization;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>A dedicated MirrorMaker 2 that carries the stations' topics to the core.</summary>
internal sealed class MirrorMakerProcess : IAsyncDisposable
{
    private const string Name = "mirror-maker";
    private const int HeapMegabytes = 384;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(120);

    private readonly SupervisedProcess _process;

    private MirrorMakerProcess(SupervisedProcess process, string log)
    {
        _process = process;
        Log = log;
    }

    /// <summary>The file to which it writes its log.</summary>
    public string Log { get; }

    /// <param name="sources">Station id and connection string of its Kafka.</param>
    /// <param name="core">Connection string of the core's Kafka.</param>
    /// <exception cref="InvalidOperationException">A connection string has settings that MirrorMaker does not take, or it did not start; the message says what to do.</exception>
    public static async Task<MirrorMakerProcess> StartAsync(
        KafkaInstallation kafka, IReadOnlyList<(string Station, string ConnectionString)> sources, string core, DataFolder data, WorkerHealth health, ILogger logger, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(data.Below("kafka"));
        var properties = data.Below("kafka", "mirror-maker.properties");
        var text = MirrorMaker.Properties(sources.Select(s => (s.Station, Servers(s.ConnectionString, s.Station))), Servers(core, MirrorMaker.Core))
            + string.Create(CultureInfo.InvariantCulture, $"listeners=http://127.0.0.1:{Processes.FreePort()}\n");
        await File.WriteAllTextAsync(properties, text, cancellationToken);
        var log = KafkaLog.Of(data, Name);
        var from = File.Exists(log.File) ? new FileInfo(log.File).Length : 0;
        var command = kafka.Command("org.apache.kafka.connect.mirror.MirrorMaker", HeapMegabytes, log, [properties, "--clusters", MirrorMaker.Core]);
        var process = new SupervisedProcess(Name, command, log.Output, health, logger);
        try
        {
            await process.WhenReadyAsync(token => SaidAsync(log.File, from, "Kafka MirrorMaker started", token), ReadyWithin, cancellationToken);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }

        logger.LogInformation("MirrorMaker 2 carries the records of {Stations} to the core's Kafka at {Core}. Its log is {Log}.", string.Join(", ", sources.Select(s => s.Station)), core, log.File);
        return new MirrorMakerProcess(process, log.File);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Servers(string connectionString, string name) => connectionString.Contains(';', StringComparison.Ordinal)
        ? throw new InvalidOperationException($"The Kafka of {name} needs more settings than its servers, which the MirrorMaker 2 that SmartCity starts does not support. Run a MirrorMaker 2 of your own, or unset KAFKA_HOME to use the built-in mirror.")
        : connectionString;

    private static async Task<bool> SaidAsync(string log, long from, string text, CancellationToken cancellationToken)
    {
        if (!File.Exists(log))
        {
            return false;
        }

        await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Min(from, file.Length);
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync(cancellationToken)).Contains(text, StringComparison.Ordinal);
    }
}
