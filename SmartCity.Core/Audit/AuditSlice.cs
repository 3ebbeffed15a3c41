using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Audit;

/// <summary>Who looked at what, when and why.</summary>
internal static class AuditSlice
{
    private const int MostExported = 100_000;
    private const string Select = "select number, at, actor, action, subject, reason, details, encode(hash, 'hex') from audit where {where} order by number desc limit {limit}";

    public static IServiceCollection AddAudit(this IServiceCollection services) => services.AddSingleton<AuditLog>().AddScoped<AuditedChange>().AddSingleton<History>().AddSingleton<ReadQuota>().AddSingleton<AuditChecks>().AddSingleton<AuditRetention>()
        .AddSingleton<AuditIntents>().AddHostedService(provider => provider.GetRequiredService<AuditIntents>())
        .AddSingleton<AuditAnchors>().AddHostedService(provider => provider.GetRequiredService<AuditAnchors>());

    public static IEndpointRouteBuilder MapAudit(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/audit").WithTags("Audit").RequireAuthorization(Scope.AuditRead);
        group.MapGet("", ListAsync).WithSummary("Lines of the audit, newest first; after is the number of the last line seen");
        group.MapGet("export", Export).WithSummary($"The same as CSV, at most {MostExported} lines").RequireReason("audit.export", whole: "all lines");
        group.MapGet("check", async (AuditChecks checks, CancellationToken cancellationToken) => TypedResults.Ok(await checks.RunAsync(cancellationToken)))
            .WithSummary("Follows the chain of hashes and names the first line that does not fit; calls at the same time share one check");
        return app;
    }

    private static async Task<Results<Ok<Page<AuditLine>>, ProblemHttpResult>> ListAsync([AsParameters] AuditQuery query, NpgsqlDataSource dataSource, CancellationToken cancellationToken, long? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var command = query.Filter().And("number < @", after).Command(dataSource, Select, limit + 1);
        var rows = await command.ReadAllAsync(Read, cancellationToken);
        return TypedResults.Ok(rows.Count > limit ? new Page<AuditLine>([.. rows.Take(limit)], rows[limit - 1].Number.ToString(CultureInfo.InvariantCulture)) : new Page<AuditLine>(rows, null));
    }

    private static PushStreamHttpResult Export([AsParameters] AuditQuery query, NpgsqlDataSource dataSource, CancellationToken cancellationToken) => CsvExport.Stream(
        "audit.csv",
        ["number", "at", "actor", "action", "subject", "reason", "details", "hash"],
        query.Filter().Command(dataSource, Select, MostExported + 1).StreamAsync(Read, cancellationToken),
        line => [line.Number, line.At, line.Actor, line.Action, line.Subject, line.Reason, line.Details, line.Hash],
        cancellationToken,
        MostExported);

    private static AuditLine Read(NpgsqlDataReader r) => new(r.GetInt64(0), r.Time(1), r.GetString(2), r.GetString(3), r.Text(4), r.Text(5), r.Text(6), r.GetString(7));
}

/// <param name="Actor">Exactly.</param>
/// <param name="Action">Or the beginning of it.</param>
/// <param name="Subject">Or a part of it.</param>
/// <param name="Reason">A part of it, in any case.</param>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
internal sealed record AuditQuery(string? Actor = null, string? Action = null, string? Subject = null, string? Reason = null, PeriodBegin? From = null, PeriodEnd? To = null)
{
    public SqlFilter Filter() => new SqlFilter()
        .And("actor = @", Actor).And("starts_with(action, @)", Action).And("strpos(subject, @) > 0", Subject).And("strpos(lower(reason), lower(@)) > 0", Reason).And("at >= @", From?.At).And("at < @", To?.At);
}
