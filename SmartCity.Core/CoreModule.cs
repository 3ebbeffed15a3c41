using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SmartCity.Core.Database;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;

namespace SmartCity.Core;

/// <summary>Ingest, passages, charges, alerts, registry, archive, review and their API.</summary>
public static class CoreModule
{
    public static IHostApplicationBuilder AddCore(this IHostApplicationBuilder builder)
    {
        builder.Services.AddDatabase();
        builder.Services.AddReview();
        builder.Services.AddPassages();
        builder.Services.AddSightings();
        return builder;
    }

    public static IEndpointRouteBuilder MapCore(this IEndpointRouteBuilder app) => app;
}
