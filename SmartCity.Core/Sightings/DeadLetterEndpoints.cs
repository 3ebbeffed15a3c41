using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Sightings;

/// <param name="Value">The record's original bytes, base64.</param>
public sealed record DeadLetterView(Guid Id, string Topic, int Partition, long Offset, DateTimeOffset RecordedAt, string Reason, byte[]? Key, byte[]? Value);

internal static class DeadLetterEndpoints
{
    public static IEndpointRouteBuilder MapDeadLetters(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/dead-letters", ListAsync).WithTags("Ops").WithSummary("Records that could not be used, with their original bytes and the reason, newest first").RequireAuthorization(Scope.OpsRead);
        return app;
    }

    private static async Task<Results<Ok<Page<DeadLetterView>>, ProblemHttpResult>> ListAsync(
        NpgsqlDataSource dataSource, CancellationToken cancellationToken, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var command = new SqlFilter().After("recorded_at", "id", after).Command(
            dataSource,
            "select id, topic, partition, record_offset, recorded_at, reason, record_key, record_value from dead_letters where {where} order by recorded_at desc, id desc limit {limit}",
            limit + 1);
        var rows = await command.ReadAllAsync(
            r => new DeadLetterView(
                r.GetGuid(0), r.GetString(1), r.GetInt32(2), r.GetInt64(3), r.Time(4), r.GetString(5),
                r.IsDBNull(6) ? null : r.GetFieldValue<byte[]>(6), r.IsDBNull(7) ? null : r.GetFieldValue<byte[]>(7)),
            cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, l => new Cursor(l.RecordedAt, l.Id)));
    }
}
