using Microsoft.Extensions.DependencyInjection;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Cameras;

public static class CameraSlice
{
    /// <summary>Every camera of the stations served, from its source to its sightings.</summary>
    public static IServiceCollection AddCameras(this IServiceCollection services)
    {
        services.AddSingleton<CameraBoard>();
        services.AddSingleton<CameraSources>();
        services.AddObjectStore();
        services.AddSingleton<NewestPictures>();
        services.AddHostedService(provider => provider.GetRequiredService<NewestPictures>());
        return services.AddHostedService<CameraWorker>();
    }
}
