using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using SmartCity.Core.Access;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Doubts;
using SmartCity.Core.Faces;
using SmartCity.Core.Functions;
using SmartCity.Core.Investigations;
using SmartCity.Core.Lake;
using SmartCity.Core.Live;
using SmartCity.Core.Models;
using SmartCity.Core.Notes;
using SmartCity.Core.Notifications;
using SmartCity.Core.Ops;
using SmartCity.Core.Packages;
using SmartCity.Core.Passages;
using SmartCity.Core.Privacy;
using SmartCity.Core.Reports;
using SmartCity.Core.Retention;
using SmartCity.Core.Review;
using SmartCity.Core.Searches;
using SmartCity.Core.Secrets;
using SmartCity.Core.Shifts;
using SmartCity.Core.Sightings;
using SmartCity.Core.Sql;
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
        builder.Services.AddSecrets();
        builder.Services.AddAudit();
        builder.Services.AddAccess(builder.Configuration);
        builder.Services.AddStations();
        builder.Services.AddVehicles();
        builder.Services.AddReview();
        builder.Services.AddPassages();
        builder.Services.AddAlerts();
        builder.Services.AddNotifications();
        builder.Services.AddArchive();
        builder.Services.AddDoubts();
        builder.Services.AddCharges();
        builder.Services.AddSightings();
        builder.Services.AddReports();
        builder.Services.AddSql();
        builder.Services.AddRetention();
        builder.Services.AddPrivacy();
        builder.Services.AddPackages();
        builder.Services.AddInvestigations();
        builder.Services.AddShifts();
        builder.Services.AddNotes();
        builder.Services.AddSearches();
        builder.Services.AddLive();
        builder.Services.AddOps();
        builder.Services.AddModels();
        builder.Services.AddFaces();
        builder.Services.AddFunctions();
        return builder;
    }

    public static IEndpointRouteBuilder MapCore(this IEndpointRouteBuilder app)
    {
        app.MapApi();
        var api = app.MapGroup("").AddEndpointFilter<RouteGroupBuilder, AuditFilter>().AddEndpointFilter<RouteGroupBuilder, TimeArguments>();
        api.MapAudit();
        api.MapAccess();
        api.MapStations();
        api.MapVehicles();
        api.MapSightings();
        api.MapDeadLetters();
        api.MapEvidence();
        api.MapEdgeSightings();
        api.MapEdgeUploads();
        api.MapEdgeStrips();
        api.MapPassages();
        api.MapAlerts();
        api.MapNotifications();
        api.MapCharges();
        api.MapReview();
        api.MapReports();
        api.MapSql();
        api.MapArchive();
        api.MapIcebergRest();
        api.MapRetention();
        api.MapPrivacy();
        api.MapPackages();
        api.MapInvestigations();
        api.MapShifts();
        api.MapNotes();
        api.MapSearches();
        api.MapLive();
        api.MapOps();
        api.MapModels();
        api.MapFaces();
        api.MapFunctions();
        return app;
    }
}
