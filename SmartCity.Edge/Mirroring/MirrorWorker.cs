using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Publishing;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Edge.Mirroring;

/// <summary>Where there is no MirrorMaker: carries every configured station's topics to the core, with one producer.</summary>
internal sealed class MirrorWorker(
    IConfiguration configuration,
    IOptions<MirrorOptions> options,
    EdgeProducers producers,
    MirrorBoard board,
    IEnumerable<DoneWith> doneWith,
    WorkerHealth health,
    TimeProvider time,
    ILogger<MirrorWorker> logger) : BackgroundService
{
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var station in options.Value.Stations)
        {
            health.Starting(MirrorLink.Worker(station, Topics.Sightings));
            health.Starting(MirrorLink.Worker(station, Topics.StationHeartbeats));
        }

        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var settings = options.Value;
        if (settings.Stations.Count == 0)
        {
            return;
        }

        Check(settings.Stations);
        var target = KafkaConnection.Core(configuration);
        var producer = producers.For(target);
        var budget = settings.CorePartitionBytes is { } bytes ? new PartitionBudget(() => producer.Admin, settings.CoreReaders, bytes, time) : null;
        var links = settings.Stations.SelectMany(station =>
        {
            var source = KafkaConnection.Edge(configuration, station);
            var tell = DoneWith.Tell(doneWith, source);
            return new[]
            {
                new MirrorLink(station, Topics.Sightings, source, target, producer, budget, tell, settings.BatchSize, board.Of(station), health, time, logger),
                new MirrorLink(station, Topics.StationHeartbeats, source, target, producer, null, tell, settings.BatchSize, null, health, time, logger),
            };
        });

        await Task.WhenAll(links.Select(link => health.KeepAsync(link.Name, link.RunAsync, logger, stoppingToken)));
    }

    private void Check(IEnumerable<string> stations)
    {
        foreach (var shared in stations.GroupBy(s => KafkaConnection.Edge(configuration, s).BootstrapServers).Where(g => g.Count() > 1))
        {
            throw new InvalidOperationException($"Mirror:Stations {string.Join(", ", shared)} have the same Kafka, {shared.Key}; each record would be carried {shared.Count()} times. Give each its own ConnectionStrings:edge-kafka-STATION.");
        }
    }
}

public static class MirroringSlice
{
    public static IServiceCollection AddMirroring(this IServiceCollection services)
    {
        services.AddOptions<MirrorOptions>().BindConfiguration(MirrorOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<MirrorBoard>();
        services.TryAddSingleton<EdgeProducers>();
        return services.AddHostedService<MirrorWorker>();
    }
}
