using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Reports;

namespace SmartCity.Core.Sql;

/// <summary>One SQL over Postgres and the lake for people who have signed in, and the statements that they save.</summary>
internal static class SqlSlice
{
    private const int LongestName = 100;

    public static IServiceCollection AddSql(this IServiceCollection services)
    {
        services.AddOptions<SqlOptions>().BindConfiguration(SqlOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<SqlLake>().AddSingleton<SqlRuns>().AddSingleton<SqlQueryStore>();
    }

    public static IEndpointRouteBuilder MapSql(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/sql").WithTags("SQL").RequireAuthorization(Scope.SqlRun);
        group.MapGet("", ViewAsync).WithSummary("Whether statements can be run, the tables that there are, and examples");
        group.MapPost("run", SqlRunEndpoints.RunAsync).WithSummary("Runs one statement; the answer is bounded and says where it ran. With a reason, whoever may search vehicles and see keepers sees plates").AuditedByItself();
        group.MapDelete("run", CancelAsync).WithSummary("Cancels the caller's statement that is running").AuditedByItself();
        group.MapPost("export", SqlRunEndpoints.ExportAsync).WithSummary("The answer to one statement as a file: format csv, unless parquet is asked for").Produces(StatusCodes.Status200OK, contentType: "text/csv", additionalContentTypes: "application/vnd.apache.parquet").AuditedByItself();
        group.MapGet("reports/{name}", Report).WithSummary("The statement that gives the numbers of a report").RequireAuthorization(Scope.ReportsRead);
        var queries = group.MapGroup("queries");
        queries.MapGet("", async (SqlQueryStore store, ClaimsPrincipal user, CancellationToken cancellationToken) => TypedResults.Ok(await store.ListAsync(NameOf(user), cancellationToken)))
            .WithSummary("The caller's saved statements, and those that others share");
        queries.MapPost("", AddAsync).WithSummary("Saves a statement under a name").Audited("sql.save", recordBody: true).AuditAbout((SqlQueryChange q) => (q.Name, null));
        queries.MapPut("{id:guid}", ChangeAsync).WithSummary("Changes a saved statement of the caller's").Audited("sql.change", recordBody: true).AuditAbout((SqlQueryChange q) => (q.Name, null));
        queries.MapDelete("{id:guid}", DeleteAsync).WithSummary("Deletes a saved statement of the caller's; an administrator deletes those that others share, too").Audited("sql.delete").AuditAbout((SqlQueryView q) => (q.Name, null));
        return app;
    }

    /// <summary>Whether somebody may see plates and keepers, if they say why.</summary>
    public static bool MaySeePlates(ClaimsPrincipal user) => user.HasClaim(Scope.Claim, Scope.VehiclesSearch) && user.HasClaim(Scope.Claim, Scope.KeeperRead);

    /// <summary>Of the session or key.</summary>
    public static string SubjectOf(ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier) ?? NameOf(user);

    public static string NameOf(ClaimsPrincipal user) => user.Identity?.Name ?? "nobody";

    private static async Task<Ok<SqlView>> ViewAsync(SqlLake lake, IOptions<SqlOptions> options, ChargingCity city, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var view = new SqlView(lake.Missing, lake.HasPlates && MaySeePlates(user), options.Value.MostRows, [], SqlTexts.Examples(city));
        if (view.Missing is not null)
        {
            return TypedResults.Ok(view);
        }

        try
        {
            var (connection, _) = await lake.OpenAsync(plates: false, cancellationToken);
            await using (connection)
            {
                return TypedResults.Ok(view with { Tables = await SqlSchema.ReadAsync(connection, cancellationToken) });
            }
        }
        catch (SqlFailedException e)
        {
            return TypedResults.Ok(view with { Missing = e.Message });
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> CancelAsync(SqlRuns runs, ClaimsPrincipal user) =>
        await runs.CancelAsync(SubjectOf(user)) ? TypedResults.NoContent() : TypedResults.Problem("No statement of yours is running here.", statusCode: StatusCodes.Status404NotFound);

    private static Results<Ok<SqlStatement>, ProblemHttpResult> Report(string name, ChargingCity city, TimeProvider time, DateOnly? from = null, DateOnly? to = null) =>
        ReportRange.Read(from, to, city, time, ReportSlice.MostDays, out var range) is { } wrong ? wrong
        : SqlTexts.Report(name, range.First, range.Last, city) is { } sql ? TypedResults.Ok(new SqlStatement(sql))
        : TypedResults.Problem($"The report {name} has no statement that gives its numbers.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<Results<Created<SqlQueryView>, ProblemHttpResult>> AddAsync(SqlQueryChange body, SqlQueryStore store, ClaimsPrincipal user, AuditedChange change, CancellationToken cancellationToken) =>
        Check(body) is { } wrong ? wrong
        : await store.AddAsync(NameOf(user), body, change, cancellationToken) is { } added ? TypedResults.Created($"/api/sql/queries/{added.Id}", added)
        : TypedResults.Problem($"You have a saved statement with this name already, or {SqlQueryStore.MostOfOne} of them, which is the limit.", statusCode: StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<SqlQueryView>, ProblemHttpResult>> ChangeAsync(Guid id, SqlQueryChange body, SqlQueryStore store, ClaimsPrincipal user, AuditedChange change, CancellationToken cancellationToken)
    {
        if (Check(body) is { } wrong)
        {
            return wrong;
        }

        try
        {
            return await store.ChangeAsync(NameOf(user), id, body, change, cancellationToken) is { } changed ? TypedResults.Ok(changed) : NotYours();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return TypedResults.Problem("Another saved statement of yours has this name.", statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static async Task<Results<Ok<SqlQueryView>, ProblemHttpResult>> DeleteAsync(Guid id, ClaimsPrincipal user, AuditedChange change, CancellationToken cancellationToken) =>
        await SqlQueryStore.DeleteAsync(NameOf(user), user.HasClaim(Scope.Claim, Scope.AccessWrite), id, change, cancellationToken) is { } deleted ? TypedResults.Ok(deleted) : NotYours();

    private static ProblemHttpResult NotYours() => TypedResults.Problem("There is no such saved statement, or it is somebody else's.", statusCode: StatusCodes.Status404NotFound);

    private static ProblemHttpResult? Check(SqlQueryChange body) =>
        body.Name?.Trim().Length is not (> 0 and <= LongestName) ? Paging.Problem($"name must have 1 to {LongestName} characters.")
        : string.IsNullOrWhiteSpace(body.Sql) || body.Sql.Length > Lake.LakeSelect.MostCharacters ? Paging.Problem($"sql must have 1 to {Lake.LakeSelect.MostCharacters} characters.")
        : null;
}
