using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Edge.Cameras;

public static class CameraSlice
{
    /// <summary>Every camera of the stations served, from its source to its sightings.</summary>
    public static IServiceCollection AddCameras(this IServiceCollection services)
    {
        services.AddSingleton<CameraBoard>();
        services.AddSingleton<CameraSources>();
        return services.AddHostedService<CameraWorker>();
    }
}
