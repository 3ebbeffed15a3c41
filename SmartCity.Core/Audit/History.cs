using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Live;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Audit;

/// <summary>
/// What lies before the live window. Whoever deals with the alert, charge or case that rests on a sighting may look at it; anybody else needs
/// the scope of searches and a reason. Each look is a line of the audit.
/// </summary>
internal sealed class History(NpgsqlDataSource dataSource, AuditLog audit, ReadQuota quota, Restrictions restrictions, IOptions<LiveOptions> options, TimeProvider time)
{
    /// <summary>What may look at anything of the past.</summary>
    public const string NeededScope = Scope.VehiclesSearch;

    private const int MostRemembered = 10_000;
    private const int MostLookedThrough = 5_000;
    private static readonly TimeSpan PicturesEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan ReasonHolds = TimeSpan.FromHours(8);

    // What shows sightings of the past, each with a reason.
    private static readonly string[] Searches =
        ["sightings.search", "sightings.history", "sightings.read", "passages.search", "passages.history", "passages.read", "vehicles.search", "vehicles.export", "vehicles.journey", "evidence.export"];

    private readonly ConcurrentDictionary<(string Actor, Guid Sighting), DateTimeOffset> _pictures = new();

    /// <summary>What was captured or stored before this time is history.</summary>
    public DateTimeOffset LiveFrom => time.GetUtcNow() - options.Value.Window;

    /// <summary>Whether a list that ends or begins there goes back into history.</summary>
    public bool IsPast(params ReadOnlySpan<DateTimeOffset?> times)
    {
        foreach (var at in times)
        {
            if (at < LiveFrom)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a list is of history: it asks for a time before the live window, or whoever may search gives a reason.</summary>
    public static bool IsAskedFor(HttpContext http)
    {
        var history = (History)http.RequestServices.GetService(typeof(History))!;
        var query = http.Request.Query;
        return (http.User.HasClaim(Scope.Claim, NeededScope) && http.Request.Headers.ContainsKey(AuditFilter.ReasonHeader))
            || history.IsPast(Time(query["from"]), Time(query["to"]), Cursor.TryParse(query["after"], null, out var after) ? after.At : null);
    }

    /// <summary>Whether the processing of one of these plates is restricted today.</summary>
    public async Task<bool> IsRestrictedAsync(string?[] plates, CancellationToken cancellationToken) => (await restrictions.AmongAsync(plates, cancellationToken)).Count > 0;

    /// <summary>Whether whoever asks is not to know of it: the plate is restricted, and nothing that they deal with rests on it. Whoever may see restricted plates says why.</summary>
    /// <param name="plates">Of the sighting or passage.</param>
    public async Task<bool> IsHiddenAsync(HttpContext http, string?[] plates, Guid[] sightings, Guid? passage, CancellationToken cancellationToken) =>
        await IsRestrictedAsync(plates, cancellationToken) && !Restricted.MaySee(http) && await BasisAsync(http.User, sightings, passage, cancellationToken) is null;

    /// <summary>Writes down that somebody looks at sightings of the past; what it is answered if that is not allowed.</summary>
    /// <param name="subject">What is looked at, for the audit.</param>
    public async Task<ProblemHttpResult?> LookAsync(HttpContext http, string action, string subject, Guid[] sightings, Guid? passage, CancellationToken cancellationToken)
    {
        var actor = http.User.Identity?.Name ?? "nobody";
        var reason = AuditFilter.ReasonOf(http);
        if (await BasisAsync(http.User, sightings, passage, cancellationToken) is { } basis)
        {
            await audit.AppendAsync(actor, action, subject, reason.Length > 0 ? reason : basis, null);
            return null;
        }

        if (!http.User.HasClaim(Scope.Claim, NeededScope) && !Restricted.MaySee(http))
        {
            await audit.AppendAsync(actor, "access.refused", $"{action} {subject}", null, null);
            return TypedResults.Problem($"This is older than {options.Value.Window.TotalMinutes:0} minutes and belongs to none of your alerts, charges or cases. Viewing it needs the scope {NeededScope}.", statusCode: StatusCodes.Status403Forbidden);
        }

        if (AuditFilter.CheckReason(reason) is { } missing)
        {
            return missing;
        }

        if (await quota.RefuseAsync(http, audit, reason) is { } enough)
        {
            return enough;
        }

        await audit.AppendAsync(actor, action, subject, reason, null);
        quota.Count(ReadQuota.SubjectOf(http), 1);
        return null;
    }

    /// <summary>
    /// As <see cref="LookAsync"/> of a picture: one line an hour is enough. A page that shows pictures cannot give a reason with each, so the reason of the search
    /// that found the sighting holds for hours.
    /// </summary>
    public async Task<ProblemHttpResult?> LookAtPictureAsync(HttpContext http, Guid sighting, Guid? passage, CancellationToken cancellationToken)
    {
        var actor = http.User.Identity?.Name ?? "nobody";
        var now = time.GetUtcNow();
        if (_pictures.TryGetValue((actor, sighting), out var at) && now - at < PicturesEvery)
        {
            return null;
        }

        var basis = await BasisAsync(http.User, [sighting], passage, cancellationToken);
        if (basis is null && !http.User.HasClaim(Scope.Claim, NeededScope) && !Restricted.MaySee(http))
        {
            await audit.AppendAsync(actor, "access.refused", $"evidence.read {sighting}", null, null);
            return TypedResults.Problem($"This picture is older than {options.Value.Window.TotalMinutes:0} minutes and belongs to none of your alerts, charges or cases.", statusCode: StatusCodes.Status403Forbidden);
        }

        var reason = AuditFilter.ReasonOf(http) is { Length: > 0 } given ? given : basis ?? await ReasonOfSearchAsync(actor, now - ReasonHolds, cancellationToken);
        if (basis is null && AuditFilter.CheckReason(reason ?? "") is { } missing)
        {
            return missing;
        }

        await audit.AppendAsync(actor, "evidence.read", sighting.ToString(), reason, null);
        if (_pictures.Count > MostRemembered)
        {
            _pictures.Clear();
        }

        _pictures[(actor, sighting)] = now;
        return null;
    }

    private async Task<string?> ReasonOfSearchAsync(string actor, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select reason from (select number, at, action, reason from audit where actor = $1 order by number desc limit $4) as lines
            where at >= $2 and action = any($3) and reason is not null order by number desc limit 1
            """);
        foreach (var value in (object[])[actor, since, Searches, MostLookedThrough])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    // What whoever asks deals with that rests on one of these sightings; null when nothing does.
    private async Task<string?> BasisAsync(ClaimsPrincipal user, Guid[] sightings, Guid? passage, CancellationToken cancellationToken)
    {
        bool Has(string scope) => user.HasClaim(Scope.Claim, scope);
        await using var command = dataSource.CreateCommand(
            """
            select what from (
                select 'alert ' || id as what from alerts where $3 and (sighting_id = any($1) or passage_id = $2)
                union all select 'charge ' || id from charge_entries where $4 and sighting_id = any($1)
                union all select 'review case ' || id from review_cases where $5 and sighting_id = any($1)) as bases
            limit 1
            """);
        command.Parameters.Add(new() { Value = sightings });
        command.Parameters.Add(new() { Value = (object?)passage ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = Has(Scope.AlertsRead) });
        command.Parameters.Add(new() { Value = Has(Scope.ChargesRead) });
        command.Parameters.Add(new() { Value = Has(Scope.ReviewRead) });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}
