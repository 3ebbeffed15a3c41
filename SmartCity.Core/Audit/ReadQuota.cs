using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using SmartCity.Core.Access;

namespace SmartCity.Core.Audit;

/// <summary>How many rows about people a user or a key may read in an hour: nobody takes the whole city home, a page at a time. Each core counts for itself, and begins anew when it starts.</summary>
internal sealed class ReadQuota(IOptions<AccessOptions> options, TimeProvider time)
{
    // An export counts as so many rows of the hour's.
    private const int ExportsAnHour = 20;
    private const int MostRemembered = 10_000;

    private readonly ConcurrentDictionary<string, (long Hour, long Rows)> _read = new(StringComparer.Ordinal);

    public int RowsAnHour => options.Value.RowsAnHour;

    /// <summary>How long somebody who has read enough has to wait; null when they have not.</summary>
    public TimeSpan? Wait(string subject)
    {
        var now = time.GetUtcNow();
        return _read.TryGetValue(subject, out var read) && read.Hour == HourOf(now) && read.Rows >= RowsAnHour
            ? TimeSpan.FromTicks(((read.Hour + 1) * TimeSpan.TicksPerHour) - now.UtcTicks)
            : null;
    }

    /// <summary>Whom the rows are counted for: a user's id, or a key's.</summary>
    public static string SubjectOf(HttpContext http) => http.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? ActorOf(http);

    /// <summary>What somebody is answered who has read enough; null when they have not. It is a line of the audit too.</summary>
    public async Task<ProblemHttpResult?> RefuseAsync(HttpContext http, AuditLog audit, string? reason)
    {
        if (Wait(SubjectOf(http)) is not { } wait)
        {
            return null;
        }

        await audit.AppendAsync(ActorOf(http), "access.quota", $"{http.Request.Method} {http.Request.Path}", string.IsNullOrEmpty(reason) ? null : reason, null);
        http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return TypedResults.Problem(
            $"{ActorOf(http)} has read {RowsAnHour} rows this hour, which is the limit (Core:Access:RowsAnHour). Ask again in {Math.Ceiling(wait.TotalMinutes):0} minutes.", statusCode: StatusCodes.Status429TooManyRequests);
    }

    private static string ActorOf(HttpContext http) => http.User.Identity?.Name ?? "nobody";

    public void CountExport(string subject) => Count(subject, Math.Max(1, RowsAnHour / ExportsAnHour));

    public void Count(string subject, int rows)
    {
        var hour = HourOf(time.GetUtcNow());
        if (_read.Count > MostRemembered)
        {
            foreach (var (old, _) in _read.Where(r => r.Value.Hour != hour))
            {
                _read.TryRemove(old, out _);
            }
        }

        _read.AddOrUpdate(subject, (hour, rows), (_, before) => before.Hour == hour ? (hour, before.Rows + rows) : (hour, rows));
    }

    private static long HourOf(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerHour;
}
