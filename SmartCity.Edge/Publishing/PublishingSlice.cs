using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Heartbeats;
using SmartCity.Edge.Mirroring;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

public static class PublishingSlice
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The spool, its delivery and the heartbeats.</summary>
    public static IServiceCollection AddPublishing(this IServiceCollection services) => services.AddSpool().AddHostedService<HeartbeatWorker>();

    /// <summary>The spool, what delivers it, and what compares it with the core.</summary>
    internal static IServiceCollection AddSpool(this IServiceCollection services)
    {
        services.AddObjectStore();
        services.AddSingleton<CoreUploads>();
        services.AddSingleton<IObjectWriter>(provider => provider.GetRequiredService<IConfiguration>().GetConnectionString("objects") is null && provider.GetRequiredService<IOptions<ConfigurationOptions>>().Value.Address is not null
            ? provider.GetRequiredService<CoreUploads>()
            : provider.GetRequiredService<IObjectStore>());
        services.AddSingleton<SightingPublisher>();
        services.TryAddSingleton<EdgeProducers>();
        services.TryAddSingleton<MirrorBoard>();
        services.AddSingleton<EdgeKafkaFigures>();
        services.AddHostedService(provider => provider.GetRequiredService<EdgeKafkaFigures>());
#pragma warning disable EXTEXP0001 // The worker asks again by itself.
        services.AddHttpClient(CoreSightings.Client, client => client.Timeout = Patience).RemoveAllResilienceHandlers();
        services.AddHttpClient(CoreUploads.Client, client => client.Timeout = Patience).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddSingleton<CoreSightings>();
        services.AddHostedService<SpoolDelivery>();
        services.AddHostedService<PictureDelivery>();
        services.AddHostedService<StripDelivery>();
        return services.AddHostedService<SpoolComparison>();
    }
}
