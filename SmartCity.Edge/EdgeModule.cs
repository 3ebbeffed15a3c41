using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Hotlist;
using SmartCity.Edge.Inbox;
using SmartCity.Edge.Mirroring;
using SmartCity.Edge.Models;
using SmartCity.Edge.Publishing;

namespace SmartCity.Edge;

/// <summary>Cameras, recognition, tracking and publishing of the stations that this process serves.</summary>
public static class EdgeModule
{
    public static IHostApplicationBuilder AddEdge(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddConfiguration();
        services.AddHotlist();
        services.AddRecognition();
        services.AddClock();
        services.AddCameras();
        services.AddInbox();
        services.AddPublishing();
        services.AddMirroring();
        return builder;
    }

    /// <summary>The mirror alone, in a process that serves no station.</summary>
    public static IHostApplicationBuilder AddMirror(this IHostApplicationBuilder builder)
    {
        builder.Services.AddMirroring();
        return builder;
    }

    public static IEndpointRouteBuilder MapEdge(this IEndpointRouteBuilder app) => app.MapUploads();
}
