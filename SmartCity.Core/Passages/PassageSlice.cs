using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Core.Passages;

internal static class PassageSlice
{
    public static IServiceCollection AddPassages(this IServiceCollection services)
    {
        services.AddOptions<PassageOptions>().BindConfiguration(PassageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SeenPlates>();
        services.AddSingleton<PassageBuilder>();
        return services;
    }
}
