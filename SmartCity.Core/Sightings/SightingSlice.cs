using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Core.Sightings;

internal static class SightingSlice
{
    public static IServiceCollection AddSightings(this IServiceCollection services)
    {
        services.AddOptions<SightingOptions>().BindConfiguration(SightingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SightingPartitions>();
        services.AddSingleton<SightingIngest>();
        return services;
    }
}
