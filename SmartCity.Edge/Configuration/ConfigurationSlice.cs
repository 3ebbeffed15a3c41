using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Edge.Configuration;

internal static class ConfigurationSlice
{
    /// <summary>The stations that this process serves, and the cameras that the core names for them.</summary>
    public static IServiceCollection AddConfiguration(this IServiceCollection services)
    {
        services.AddOptions<ConfigurationOptions>().BindConfiguration(ConfigurationOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.Address is null || !string.IsNullOrWhiteSpace(o.Key), "Edge:Configuration:Address is given without Edge:Configuration:Key; the core wants a key with the scope edge:config.").ValidateOnStart();
        services.AddHttpClient(ConfigurationWorker.Client);
        services.AddSingleton<ServedStations>();
        return services.AddHostedService<ConfigurationWorker>();
    }
}
