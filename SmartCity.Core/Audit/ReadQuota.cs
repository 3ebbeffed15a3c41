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

    private readonly ConcurrentDictionary<string, (long Hour, long Rows, long Characters)> _read = new(StringComparer.Ordinal);

    private int RowsAnHour => options.Value.RowsAnHour;

    private long CharactersAnHour => options.Value.SqlCharactersAnHour;

    /// <summary>What somebody has read enough of, and how long they have to wait; null when they have not.</summary>
    /// <param name="ofSql">Whether they ask by SQL, whose rows are as long as they like.</param>
    public SpentQuota? Spent(string subject, bool ofSql = false)
    {
        var now = time.GetUtcNow();
        return !_read.TryGetValue(subject, out var read) || read.Hour != HourOf(now) ? null
            : read.Rows >= RowsAnHour ? new SpentQuota(string.Create(CultureInfo.InvariantCulture, $"{RowsAnHour} rows"), "Core:Access:RowsAnHour", Left())
            : ofSql && read.Characters >= CharactersAnHour ? new SpentQuota(string.Create(CultureInfo.InvariantCulture, $"{CharactersAnHour} characters of SQL answers"), "Core:Access:SqlCharactersAnHour", Left())
            : null;

        TimeSpan Left() => TimeSpan.FromTicks(((read.Hour + 1) * TimeSpan.TicksPerHour) - now.UtcTicks);
    }

    /// <summary>Whom the rows are counted for: a user's id, or a key's.</summary>
    public static string SubjectOf(HttpContext http) => http.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? ActorOf(http);

    /// <summary>What somebody is answered who has read enough; null when they have not. It is a line of the audit too.</summary>
    public async Task<ProblemHttpResult?> RefuseAsync(HttpContext http, AuditLog audit, string? reason)
    {
        if (Spent(SubjectOf(http)) is not { } spent)
        {
            return null;
        }

        await audit.AppendAsync(ActorOf(http), "access.quota", $"{http.Request.Method} {http.Request.Path}", string.IsNullOrEmpty(reason) ? null : reason, null);
        http.Response.Headers.RetryAfter = ((int)Math.Ceiling(spent.Wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return TypedResults.Problem(
            $"{ActorOf(http)} has read {spent.What} this hour, which is the limit ({spent.Setting}). Ask again in {spent.Minutes:0} minutes.", statusCode: StatusCodes.Status429TooManyRequests);
    }

    private static string ActorOf(HttpContext http) => http.User.Identity?.Name ?? "nobody";

    public void CountExport(string subject) => Count(subject, Math.Max(1, RowsAnHour / ExportsAnHour));

    /// <param name="characters">Of an answer whose rows may be as long as its reader likes.</param>
    public void Count(string subject, int rows, long characters = 0)
    {
        var hour = HourOf(time.GetUtcNow());
        if (_read.Count > MostRemembered)
        {
            foreach (var (old, _) in _read.Where(r => r.Value.Hour != hour))
            {
                _read.TryRemove(old, out _);
            }
        }

        _read.AddOrUpdate(subject, (hour, rows, characters), (_, before) => before.Hour == hour ? (hour, before.Rows + rows, before.Characters + characters) : (hour, rows, characters));
    }

    private static long HourOf(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerHour;
}

/// <summary>What somebody has read as much of as one may in an hour.</summary>
/// <param name="What">How much, and of what.</param>
/// <param name="Setting">That limits it.</param>
/// <param name="Wait">Until the hour is over.</param>
internal sealed record SpentQuota(string What, string Setting, TimeSpan Wait)
{
    public double Minutes => Math.Ceiling(Wait.TotalMinutes);
}
