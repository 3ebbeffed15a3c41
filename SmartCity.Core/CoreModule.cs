using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace SmartCity.Core;

/// <summary>Ingest, passages, charges, alerts, registry, archive, review and their API.</summary>
public static class CoreModule
{
    public static IHostApplicationBuilder AddCore(this IHostApplicationBuilder builder) => builder;

    public static IEndpointRouteBuilder MapCore(this IEndpointRouteBuilder app) => app;
}
