using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Edge.Faces;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Cameras;

public static class CameraSlice
{
    /// <summary>Every camera of the stations served, from its source to its sightings.</summary>
    public static IServiceCollection AddCameras(this IServiceCollection services)
    {
        services.AddSingleton<CameraBoard>();
        services.AddOptions<VideoOptions>().BindConfiguration(VideoOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<VideoDecoder>();
        services.AddSingleton<CameraSources>();
        services.AddSingleton(provider => new PixelBudget(provider.GetRequiredService<IOptions<EdgeOptions>>().Value.DecodedPixels));
        services.AddObjectStore();
        services.AddFaces();
        services.AddSingleton<NewestPictures>();
        services.AddHostedService(provider => provider.GetRequiredService<NewestPictures>());
        return services.AddHostedService<CameraWorker>();
    }
}
