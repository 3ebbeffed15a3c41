using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Access;

internal static class ApiKeyEndpoints
{
    private const int PrefixShown = 8;
    private const string Columns = "id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at, revoked_at, stations, groups";

    public static IEndpointRouteBuilder MapApiKeys(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/access/keys").WithTags("Access").RequireAuthorization(Scope.AccessWrite);
        group.MapGet("", ListAsync).WithSummary("API keys, newest first, including revoked ones");
        group.MapPost("", AddAsync).WithSummary("Makes an API key; only this answer shows it").Audited("keys.add", recordBody: true).AuditAbout((NewApiKey k) => (k.Name, null));
        group.MapDelete("{id:guid}", RevokeAsync).WithSummary("Revokes an API key").Audited("keys.revoke").AuditAbout((AuditName n) => (n.Name, null));
        return app;
    }

    private static async Task<Ok<IReadOnlyList<ApiKeyView>>> ListAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from api_keys order by created_at desc, id");
        return TypedResults.Ok<IReadOnlyList<ApiKeyView>>(await command.ReadAllAsync(Read, cancellationToken));
    }

    private static async Task<Results<Ok<ApiKeyCreated>, ProblemHttpResult>> AddAsync(NewApiKey body, ClaimsPrincipal user, NpgsqlDataSource dataSource, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (string.IsNullOrWhiteSpace(body.Name) || body.Name.Length > 100)
        {
            return Paging.Problem("name must say what the key is for, in at most 100 characters.");
        }

        if (body.Scopes is not { Count: > 0 } || body.Scopes.FirstOrDefault(s => !user.HasClaim(Scope.Claim, s)) is not null)
        {
            return Paging.Problem($"scopes must name at least one scope, and only scopes that you have yourself: {string.Join(", ", user.FindAll(Scope.Claim).Select(c => c.Value))}.");
        }

        if (CheckStations(body.Stations, body.Scopes) is { } stations)
        {
            return Paging.Problem(stations);
        }

        if (body.Groups is { Count: > 0 } groups)
        {
            if (body.Scopes.FirstOrDefault(s => !StationLimit.Scopes.Contains(s)) is { } whole)
            {
                return Paging.Problem($"groups: a key that is limited to groups of stations can have the scopes {string.Join(", ", StationLimit.Scopes)}, and not {whole}, which is of the whole city.");
            }

            if (await StationGroupEndpoints.CheckAsync(groups, dataSource, cancellationToken) is { } unknown)
            {
                return Paging.Problem(unknown);
            }
        }

        if (body.ExpiresAt <= now)
        {
            return Paging.Problem("expiresAt is in the past.");
        }

        if (body.ExpiresAt is null && body.Scopes.Contains(Scope.AccessWrite))
        {
            return Paging.Problem($"A key with the scope {Scope.AccessWrite} can create users and keys, so it must expire: give expiresAt.");
        }

        var token = AccessToken.New(AccessToken.KeyPrefix);
        await using var command = await change.CommandAsync(
            $"insert into api_keys (id, name, prefix, token_hash, scopes, created_by, created_at, expires_at, stations, groups) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning {Columns}", cancellationToken);
        foreach (var value in (object?[])[Guid.CreateVersion7(), body.Name.Trim(), token[..PrefixShown], AccessToken.Hash(token), body.Scopes.Distinct().ToArray(), user.Identity!.Name!, now, body.ExpiresAt?.ToUniversalTime(), body.Stations?.Distinct().ToArray(), (body.Groups ?? []).Distinct().ToArray()])
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        return TypedResults.Ok(new ApiKeyCreated((await command.ReadAllAsync(Read, cancellationToken)).Single(), token));
    }

    // A station need not be there yet: its edge may be set up first. What else a key might do is of the whole city.
    private static string? CheckStations(IReadOnlyList<string>? stations, IReadOnlyList<string> scopes) =>
        stations is null ? null
        : stations.Count == 0 ? "stations must name at least one station; leave it out if the key is for all stations."
        : stations.FirstOrDefault(s => !City.IsId(s)) is { } wrong ? $"stations: '{wrong}' is not a station's id; an id has 1 to 64 characters of a-z, 0-9 and '-'."
        : scopes.Any(s => s != Scope.EdgeConfig) ? $"stations can only be given for a key whose one scope is {Scope.EdgeConfig}; make another key for {string.Join(", ", scopes.Where(s => s != Scope.EdgeConfig))}."
        : null;

    private static async Task<Results<NoContent, NotFound>> RevokeAsync(Guid id, HttpContext http, AuditedChange change, Credentials credentials, CancellationToken cancellationToken)
    {
        await using var command = change.Look("select name from api_keys where id = $1");
        command.Parameters.Add(new() { Value = id });
        http.Items[AuditFilter.Details] = await command.ExecuteScalarAsync(cancellationToken) is string name ? new AuditName(name) : null;
        return await credentials.RevokeAsync(id, change, cancellationToken) ? TypedResults.NoContent() : TypedResults.NotFound();
    }

    private static ApiKeyView Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetFieldValue<string[]>(3), r.GetString(4), r.Time(5),
        r.IsDBNull(6) ? null : r.Time(6), r.IsDBNull(7) ? null : r.Time(7), r.IsDBNull(8) ? null : r.Time(8), r.IsDBNull(9) ? null : r.GetFieldValue<string[]>(9), r.GetFieldValue<string[]>(10));
}
