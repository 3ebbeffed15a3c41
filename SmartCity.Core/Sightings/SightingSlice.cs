using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Kafka;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Sightings;

internal static class SightingSlice
{
    public static IServiceCollection AddSightings(this IServiceCollection services)
    {
        services.AddOptions<SightingOptions>().BindConfiguration(SightingOptions.Section)
            .PostConfigure<IOptions<CoreOptions>>((sightings, core) => sightings.HomeCountry ??= City.Load(core.Value.CityFile).Country)
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddObjectStore();
        services.AddSingleton<SightingPartitions>();
        services.AddSingleton<SightingOrigins>();
        services.AddSingleton<EvidenceChecks>();
        services.AddSingleton<ReadingCases>();
        services.AddSingleton<SightingRevisions>();
        services.AddSingleton<SightingIngest>();
        services.AddSingleton<SightingStrips>();
        services.AddSingleton<SightingQueries>();
        services.AddSingleton<CoreProducer>();
        services.AddSingleton<ConsumerPositions>();
        services.AddSingleton<DeadLetterReplays>();
        services.AddHostedService<SightingConsumer>();
        return services;
    }
}
