using Microsoft.Extensions.DependencyInjection;
using SmartCity.Core.Kafka;

namespace SmartCity.Core.Sightings;

internal static class SightingSlice
{
    public static IServiceCollection AddSightings(this IServiceCollection services)
    {
        services.AddOptions<SightingOptions>().BindConfiguration(SightingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SightingPartitions>();
        services.AddSingleton<SightingIngest>();
        services.AddSingleton<SightingQueries>();
        services.AddSingleton<CoreProducer>();
        services.AddHostedService<SightingConsumer>();
        return services;
    }
}
