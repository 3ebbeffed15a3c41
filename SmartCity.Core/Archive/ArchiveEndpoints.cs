using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Archive;

/// <summary>The archive: what waits for it, the worker that writes it, and which objects hold it now.</summary>
internal static class ArchiveEndpoints
{
    public static IServiceCollection AddArchive(this IServiceCollection services)
    {
        services.AddObjectStore();
        services.AddOptions<ArchiveOptions>().BindConfiguration(ArchiveOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ArchiveStatistics>();
        services.AddSingleton<ArchiveWriter>();
        services.AddSingleton<CityLake>().AddSingleton<LakeCompaction>().AddSingleton<LakeExpiry>().AddSingleton<LakeSweep>().AddSingleton<LakeCheck>().AddSingleton<LakeFeeds>();
        return services.AddHostedService<ArchiveWorker>();
    }

    public static IEndpointRouteBuilder MapArchive(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/archive/objects", ListAsync).WithTags("Archive").WithSummary("The Parquet objects of the lake's table of sightings as it is now, ordered by key").RequireAuthorization(Scope.OpsRead);
        return app;
    }

    private static async Task<Results<Ok<Page<ArchivedObject>>, ProblemHttpResult>> ListAsync(
        NpgsqlDataSource dataSource, CityLake lake, DateOnly? from = null, DateOnly? to = null, int limit = Paging.DefaultLimit, string? after = null, CancellationToken cancellationToken = default)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var files = await lake.Sightings.LoadAsync(connection, null, cancellationToken) is { } state
            ? await lake.Sightings.LiveAsync(state, from ?? DateOnly.MinValue, to ?? DateOnly.MaxValue, cancellationToken)
            : [];
        var at = lake.Sightings.Definition["captured_at"].Id;
        var rows = files.Select(f => View(f.File)).Where(o => string.CompareOrdinal(o.Key, after ?? "") > 0).OrderBy(o => o.Key, StringComparer.Ordinal).Take(limit + 1).ToList();
        return TypedResults.Ok(rows.Count > limit ? new Page<ArchivedObject>([.. rows.Take(limit)], rows[limit - 1].Key) : new Page<ArchivedObject>(rows, null));

        ArchivedObject View(DataFile file) => new(lake.Files.Key(file.Location), LakeDay.Of((int)file.Partition[0]!), file.Rows, file.Bytes, Time(file.Lower), Time(file.Upper));

        DateTimeOffset? Time(IReadOnlyDictionary<int, byte[]> bounds) => bounds.TryGetValue(at, out var micros) ? DateTimeOffset.UnixEpoch.AddMicroseconds(SingleValue.ToLong(micros)) : null;
    }
}
