using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Edge.Clocks;

public static class ClockSlice
{
    /// <summary>Whether this machine's clock can be trusted. Added before the cameras, whose sightings say it.</summary>
    public static IServiceCollection AddClock(this IServiceCollection services)
    {
        services.AddSingleton<IClockSource, ChronyClock>().AddSingleton<IClockSource, KernelClock>();
        services.AddSingleton<StationClock>();
        return services.AddHostedService(provider => provider.GetRequiredService<StationClock>());
    }
}
