using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Edge.Configuration;

internal static class ConfigurationSlice
{
    /// <summary>A configuration has no more.</summary>
    public const int MostBytes = 16 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The stations that this process serves, and the cameras that the core names for them.</summary>
    public static IServiceCollection AddConfiguration(this IServiceCollection services)
    {
        services.AddOptions<ConfigurationOptions>().BindConfiguration(ConfigurationOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.Address is null || !string.IsNullOrWhiteSpace(o.Key), "Edge:Configuration:Address is set, but Edge:Configuration:Key is not. Set it to a key with the scope edge:config.").ValidateOnStart();
#pragma warning disable EXTEXP0001 // The worker asks again by itself.
        services.AddHttpClient(ConfigurationWorker.Client, client => (client.Timeout, client.MaxResponseContentBufferSize) = (Patience, MostBytes)).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddSingleton<CoreLink>();
        services.AddSingleton<ServedStations>();
        return services.AddHostedService<ConfigurationWorker>();
    }
}
