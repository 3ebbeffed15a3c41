using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Access;

/// <summary>Groups of stations that users and keys may be limited to.</summary>
internal static class StationGroupEndpoints
{
    private const int LongestName = 100;

    public static IEndpointRouteBuilder MapStationGroups(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/access/groups").WithTags("Access").RequireAuthorization(Scope.AccessWrite);
        group.MapGet("", ListAsync).WithSummary("Groups of stations, ordered by name, with the users and keys that are limited to them");
        group.MapPut("{name}", ChangeAsync).WithSummary("Adds a group of stations, or changes its stations; users who are limited to it are signed out").ProducesProblem(StatusCodes.Status400BadRequest).Audited("groups.change", recordBody: true);
        group.MapDelete("{name}", RemoveAsync).WithSummary("Removes a group of stations that nobody is limited to").ProducesProblem(StatusCodes.Status409Conflict).Audited("groups.remove");
        return app;
    }

    /// <summary>What is wrong with the groups that somebody is to be limited to; null when nothing is.</summary>
    public static async Task<string?> CheckAsync(IReadOnlyList<string> groups, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var known = groups.Count == 0 ? [] : (await GroupsAsync(dataSource.CreateCommand, cancellationToken)).ConvertAll(g => g.Name);
        return groups.FirstOrDefault(g => !known.Contains(g)) is { } unknown ? $"groups: there is no group of stations '{unknown}'; the groups are {(known.Count == 0 ? "none" : string.Join(", ", known))}." : null;
    }

    private static async Task<Ok<List<StationGroupView>>> ListAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken) => TypedResults.Ok(await GroupsAsync(dataSource.CreateCommand, cancellationToken));

    private static async Task<Results<Ok<StationGroupView>, ProblemHttpResult>> ChangeAsync(string name, StationGroupChange body, NpgsqlDataSource dataSource, AuditedChange change, Credentials credentials, CancellationToken cancellationToken)
    {
        if (name.Trim() is not { Length: > 0 and <= LongestName } named || named.Any(char.IsControl))
        {
            return Paging.Problem($"The name of a group must have 1 to {LongestName} characters.");
        }

        if (body.Stations is not { Count: > 0 })
        {
            return Paging.Problem("stations must name at least one station.");
        }

        await using var known = dataSource.CreateCommand("select id from stations where id = any($1)");
        known.Parameters.Add(new() { Value = body.Stations.ToArray() });
        var there = await known.ReadAllAsync(r => r.GetString(0), cancellationToken);
        if (body.Stations.FirstOrDefault(s => !there.Contains(s)) is { } unknown)
        {
            return Paging.Problem($"stations: there is no station '{unknown}'.");
        }

        await using var command = await change.CommandAsync("insert into station_groups (name, stations) values ($1, $2) on conflict (name) do update set stations = excluded.stations", cancellationToken);
        command.Parameters.Add(new() { Value = named });
        command.Parameters.Add(new() { Value = body.Stations.Distinct().Order(StringComparer.Ordinal).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);

        // What a console has noted of who has signed in holds until they sign in again.
        await credentials.CloseGroupAsync(named, change, cancellationToken);
        return TypedResults.Ok((await GroupsAsync(change.Look, cancellationToken)).Single(g => g.Name == named));
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> RemoveAsync(string name, AuditedChange change, CancellationToken cancellationToken)
    {
        if ((await GroupsAsync(change.Look, cancellationToken)).Find(g => g.Name == name) is not { } group)
        {
            return TypedResults.NotFound();
        }

        await using var command = await change.CommandAsync(
            "delete from station_groups where name = $1 and not exists (select from users where $1 = any(groups)) and not exists (select from api_keys where $1 = any(groups) and revoked_at is null)", cancellationToken);
        command.Parameters.Add(new() { Value = name });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1
            ? TypedResults.NoContent()
            : TypedResults.Problem($"{string.Join(", ", group.Users.Concat(group.Keys))} {(group.Users.Count + group.Keys.Count == 1 ? "is" : "are")} limited to {name}. Give them other groups first.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<List<StationGroupView>> GroupsAsync(Func<string, NpgsqlCommand> ask, CancellationToken cancellationToken)
    {
        await using var command = ask(
            """
            select g.name, g.stations, array(select user_name from users where g.name = any(groups) order by user_name), array(select name from api_keys where g.name = any(groups) and revoked_at is null order by name)
            from station_groups g order by g.name
            """);
        return await command.ReadAllAsync(r => new StationGroupView(r.GetString(0), r.GetFieldValue<string[]>(1), r.GetFieldValue<string[]>(2), r.GetFieldValue<string[]>(3)), cancellationToken);
    }
}
