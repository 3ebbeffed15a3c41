using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Npgsql;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Access;

/// <summary>
/// What whoever is limited to groups of stations may see: the one place that says so. A route that does not name it with <see cref="StationLimitExtensions.ForLimited"/> is refused to them
/// (<see cref="Audit.AuditedRefusals"/>), so one that is new shows them nothing until somebody has seen to it.
/// </summary>
internal static class StationLimit
{
    /// <summary>Type of the claims that name the stations.</summary>
    public const string Claim = "only_station";

    /// <summary>All that a limited user may do, whatever their roles: what is of stations one by one.</summary>
    public static IReadOnlyList<string> Scopes { get; } = [Scope.LiveRead, Scope.AlertsRead, Scope.AlertsWrite, Scope.ReviewRead, Scope.ReviewWrite, Scope.ChargesRead, Scope.VehiclesSearch, Scope.NotesWrite, Scope.ReportsRead];

    /// <summary>The stations that somebody may see; null for all.</summary>
    public static string[]? Of(ClaimsPrincipal user) => user.FindAll(Claim).Select(c => c.Value).ToArray() is { Length: > 0 } only ? only : null;

    /// <summary>Whether somebody may see what is of a station.</summary>
    public static bool Allows(ClaimsPrincipal user, string? station) => Of(user) is not { } only || (station is not null && only.Contains(station, StringComparer.Ordinal));

    /// <summary>Whether somebody may see an alert. One that is not there is nobody's.</summary>
    public static async Task<bool> AllowsAlertAsync(ClaimsPrincipal user, NpgsqlDataSource dataSource, Guid alert, CancellationToken cancellationToken)
    {
        if (Of(user) is not { } only)
        {
            return true;
        }

        await using var command = dataSource.CreateCommand("select exists (select from alerts where id = $1 and station_id = any($2))");
        command.Parameters.Add(new() { Value = alert });
        command.Parameters.Add(new() { Value = only });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>What a limited user is answered of the whole city.</summary>
    public static string Refusal(ClaimsPrincipal user) => $"{user.Identity?.Name} is limited to groups of stations, and this is not about these stations alone.";

    /// <summary>Whether a call of somebody is refused because its route was not made for limited users.</summary>
    public static bool Refuses(HttpContext http) => Of(http.User) is not null && http.GetEndpoint()?.Metadata.GetMetadata<StationLimitMetadata>() is null;
}

/// <summary>A route that shows a limited user only what is of their stations, or what is their own.</summary>
internal sealed record StationLimitMetadata;

internal static class StationLimitExtensions
{
    /// <summary>Limited users may call it: its handler asks <see cref="StationLimit"/>, or it has nothing of any station.</summary>
    public static T ForLimited<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new StationLimitMetadata());
}
