using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Core.Doubts;

internal static class DoubtSlice
{
    public static IServiceCollection AddDoubts(this IServiceCollection services)
    {
        services.AddOptions<DoubtOptions>().BindConfiguration(DoubtOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<StationPlaces>().AddSingleton<RecentReadings>().AddSingleton<ReadingDoubts>().AddSingleton<DaysInDoubt>();
    }
}
