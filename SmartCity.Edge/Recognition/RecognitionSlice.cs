using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Edge.Recognition;

public static class RecognitionSlice
{
    /// <summary>The plate recogniser, one for the process.</summary>
    public static IServiceCollection AddRecognition(this IServiceCollection services)
    {
        services.AddOptions<RecognitionOptions>()
            .BindConfiguration(RecognitionOptions.Section)
            .PostConfigure<ServedStations>((recognition, stations) => recognition.HomeCountry ??= stations.City.Country)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services.AddSingleton<PlateRecogniser>();
    }
}
