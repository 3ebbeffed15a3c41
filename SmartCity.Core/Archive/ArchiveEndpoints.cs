using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Archive;

/// <summary>The archive and its catalogue: which objects together hold every archived sighting once.</summary>
internal static class ArchiveEndpoints
{
    public static IServiceCollection AddArchive(this IServiceCollection services)
    {
        services.AddObjectStore();
        services.AddOptions<ArchiveOptions>().BindConfiguration(ArchiveOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ArchiveStatistics>();
        services.AddSingleton<ArchiveWriter>();
        services.AddSingleton<ArchiveCompaction>();
        return services.AddHostedService<ArchiveWorker>();
    }

    public static IEndpointRouteBuilder MapArchive(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/archive/objects", ListAsync).WithTags("Archive").WithSummary("The archive's Parquet objects, ordered by key; together they hold every archived sighting exactly once").RequireAuthorization(Scope.OpsRead);
        return app;
    }

    private static async Task<Results<Ok<Page<ArchivedObject>>, ProblemHttpResult>> ListAsync(
        NpgsqlDataSource dataSource, DateOnly? from = null, DateOnly? to = null, string? station = null, int limit = Paging.DefaultLimit, string? after = null, CancellationToken cancellationToken = default)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var command = dataSource.CreateCommand(
            """
            select key, station_id, day, rows, bytes, first_at, last_at from archive_objects
            where state = 'written' and day >= $1 and day <= $2 and ($3::text is null or station_id = $3) and key > $4 order by key limit $5
            """);
        foreach (var value in (object[])[from ?? DateOnly.MinValue, to ?? DateOnly.MaxValue, (object?)station ?? DBNull.Value, after ?? "", limit + 1])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var rows = await command.ReadAllAsync(
            r => new ArchivedObject(r.GetString(0), r.GetString(1), r.GetFieldValue<DateOnly>(2), r.GetInt64(3), r.GetInt64(4), r.Time(5), r.Time(6)),
            cancellationToken);
        return TypedResults.Ok(rows.Count > limit ? new Page<ArchivedObject>([.. rows.Take(limit)], rows[limit - 1].Key) : new Page<ArchivedObject>(rows, null));
    }
}
