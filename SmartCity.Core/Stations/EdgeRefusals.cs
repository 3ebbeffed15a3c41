using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Stations;

/// <summary>Refuses edges that ask for other stations than their key is for: a line of the audit an hour, for an edge asks every few seconds.</summary>
internal sealed class EdgeRefusals(AuditLog audit, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _written = new();

    /// <summary>What an edge is answered that may not ask so; null when it may.</summary>
    /// <param name="stations">As asked for.</param>
    public async Task<ProblemHttpResult?> CheckAsync(ClaimsPrincipal user, string[] stations, PathString path)
    {
        if (stations.Length == 0)
        {
            return Paging.Problem("station is missing: name each station that the edge serves.");
        }

        if (Bearer.StationsOf(user) is not { } own || string.Join(", ", stations.Except(own)) is not { Length: > 0 } others)
        {
            return null;
        }

        var name = user.Identity!.Name!;
        await WriteAsync(name, $"GET {path} of {others}");
        return TypedResults.Problem($"The key {name} is bound to {string.Join(", ", own)} and may not ask about {others}.", statusCode: StatusCodes.Status403Forbidden);
    }

    // Whatever a key asks for, and however many at once: one line.
    private async Task WriteAsync(string key, string asked)
    {
        var now = time.GetUtcNow();
        if (_written.AddOrUpdate(key, now, (_, at) => now - at < Every ? at : now) == now)
        {
            await audit.AppendAsync(key, "access.refused", asked, null, null);
        }
    }
}
