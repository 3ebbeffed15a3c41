using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using SmartCity.Core.Access;

namespace SmartCity.Core.Audit;

/// <summary>How many rows about people a user or a key may read in an hour: nobody takes the whole city home, a page at a time.</summary>
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
