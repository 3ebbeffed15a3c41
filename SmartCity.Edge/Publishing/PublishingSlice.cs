using Microsoft.Extensions.DependencyInjection;
using SmartCity.Edge.Heartbeats;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

public static class PublishingSlice
{
    /// <summary>The spool, its delivery and the heartbeats.</summary>
    public static IServiceCollection AddPublishing(this IServiceCollection services)
    {
        services.AddObjectStore();
        services.AddSingleton<SightingPublisher>();
        services.AddSingleton<EdgeProducers>();
        services.AddHostedService<SpoolDelivery>();
        return services.AddHostedService<HeartbeatWorker>();
    }
}
