using Amazon.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Archive;

/// <summary>Rolls the archive when enough waits or the oldest has waited long enough, and once more at the end.</summary>
internal sealed class ArchiveWorker(ArchiveWriter writer, DatabaseStartup database, IOptions<ArchiveOptions> options, WorkerHealth health, TimeProvider time, ILogger<ArchiveWorker> logger) : BackgroundService
{
    private const string Worker = "archive";
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        health.Starting(Worker, "waiting for the database");
        await database.Ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.RollAfter < Look ? options.Value.RollAfter : Look, time);
        do
        {
            try
            {
                var (rows, since) = await writer.WaitingAsync(stoppingToken);
                if (rows >= options.Value.RollRows || since <= time.GetUtcNow() - options.Value.RollAfter)
                {
                    var rolled = await writer.RollAsync(options.Value.RollRows, stoppingToken);
                    logger.LogInformation("Archived {Rows} sightings in {Objects} objects, {Bytes} bytes.", rolled.Rows, rolled.Objects, rolled.Bytes);
                }

                health.Healthy(Worker, $"{rows} sightings wait");
            }
            catch (Exception e) when (e is NpgsqlException or IOException or AmazonClientException or HttpRequestException)
            {
                health.Degraded(Worker, $"The archive waits: {e.Message}");
                logger.LogWarning("The archive waits: {Error}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}

internal static class ArchiveSlice
{
    public static IServiceCollection AddArchive(this IServiceCollection services)
    {
        services.AddObjectStore();
        services.AddOptions<ArchiveOptions>().BindConfiguration(ArchiveOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ArchiveWriter>();
        return services.AddHostedService<ArchiveWorker>();
    }
}
