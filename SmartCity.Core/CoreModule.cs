using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using SmartCity.Core.Access;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Live;
using SmartCity.Core.Ops;
using SmartCity.Core.Passages;
using SmartCity.Core.Reports;
using SmartCity.Core.Retention;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Stations;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core;

/// <summary>Ingest, passages, charges, alerts, registry, archive, review and their API.</summary>
public static class CoreModule
{
    public static IHostApplicationBuilder AddCore(this IHostApplicationBuilder builder)
    {
        builder.Services.AddApi();
        builder.AddDatabase();
        builder.Services.AddAudit();
        builder.Services.AddAccess(builder.Configuration);
        builder.Services.AddStations();
        builder.Services.AddVehicles();
        builder.Services.AddReview();
        builder.Services.AddPassages();
        builder.Services.AddAlerts();
        builder.Services.AddArchive();
        builder.Services.AddCharges();
        builder.Services.AddSightings();
        builder.Services.AddReports();
        builder.Services.AddRetention();
        builder.Services.AddLive();
        builder.Services.AddOps();
        return builder;
    }

    public static IEndpointRouteBuilder MapCore(this IEndpointRouteBuilder app)
    {
        app.MapApi();
        var api = app.MapGroup("").AddEndpointFilter<RouteGroupBuilder, AuditFilter>();
        api.MapAudit();
        api.MapAccess();
        api.MapStations();
        api.MapVehicles();
        api.MapSightings();
        api.MapDeadLetters();
        api.MapEvidence();
        api.MapEdgeSightings();
        api.MapPassages();
        api.MapAlerts();
        api.MapCharges();
        api.MapReview();
        api.MapReports();
        api.MapArchive();
        api.MapRetention();
        api.MapLive();
        api.MapOps();
        return app;
    }
}
