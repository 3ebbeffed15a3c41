using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace SmartCity.Edge;

/// <summary>Cameras, recognition, tracking and publishing of the stations that this process serves.</summary>
public static class EdgeModule
{
    public static IHostApplicationBuilder AddEdge(this IHostApplicationBuilder builder) => builder;

    public static IEndpointRouteBuilder MapEdge(this IEndpointRouteBuilder app) => app;
}
