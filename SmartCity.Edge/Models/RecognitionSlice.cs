using Microsoft.Extensions.DependencyInjection;
using SmartCity.Recognition;

namespace SmartCity.Edge.Models;

public static class RecognitionSlice
{
    /// <summary>The plate recogniser, one for the process, and what keeps its models as the core orders them.</summary>
    public static IServiceCollection AddRecognition(this IServiceCollection services)
    {
        services.AddOptions<RecognitionOptions>()
            .BindConfiguration(RecognitionOptions.Section)
            .PostConfigure<ServedStations>((recognition, stations) => recognition.HomeCountry ??= stations.City.Country)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services.AddModels();
    }
}
