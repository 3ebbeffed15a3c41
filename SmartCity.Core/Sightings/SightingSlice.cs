using Microsoft.Extensions.DependencyInjection;
using SmartCity.Core.Kafka;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Sightings;

internal static class SightingSlice
{
    public static IServiceCollection AddSightings(this IServiceCollection services)
    {
        services.AddOptions<SightingOptions>().BindConfiguration(SightingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddObjectStore();
        services.AddSingleton<SightingPartitions>();
        services.AddSingleton<SightingIngest>();
        services.AddSingleton<SightingQueries>();
        services.AddSingleton<CoreProducer>();
        services.AddSingleton<DeadLetterReplays>();
        services.AddHostedService<SightingConsumer>();
        return services;
    }
}
