using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SmartCity.Edge.Heartbeats;
using SmartCity.Edge.Mirroring;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

public static class PublishingSlice
{
    /// <summary>The spool, its delivery and the heartbeats.</summary>
    public static IServiceCollection AddPublishing(this IServiceCollection services)
    {
        services.AddObjectStore();
        services.AddSingleton<SightingPublisher>();
        services.TryAddSingleton<EdgeProducers>();
        services.AddHostedService<SpoolDelivery>();
        services.TryAddSingleton<MirrorBoard>();
        services.AddSingleton<EdgeKafkaFigures>();
        services.AddHostedService(provider => provider.GetRequiredService<EdgeKafkaFigures>());
        return services.AddHostedService<HeartbeatWorker>();
    }

    /// <summary>
    /// For a broker that forgets: at start every station publishes its spool again from ten minutes before the newest sighting that the core has of it,
    /// and all that is kept when the core has none. Sightings keep their ids, so the core takes each once.
    /// </summary>
    /// <param name="services">The process' services.</param>
    /// <param name="ask">Station id → UTC capture time of the newest sighting that the core has, null for none. Asked again until it does not fail.</param>
    public static IServiceCollection AddRepublishing(this IServiceCollection services, Func<IServiceProvider, string, CancellationToken, Task<DateTimeOffset?>> ask) =>
        services.AddSingleton(provider => new NewestAtCore((station, cancellationToken) => ask(provider, station, cancellationToken)));
}

/// <summary>Tells the capture time of the newest sighting that the core has of a station.</summary>
internal sealed record NewestAtCore(Func<string, CancellationToken, Task<DateTimeOffset?>> Ask)
{
    /// <summary>Sightings may reach the core out of their order by less than this.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);
}
