namespace SmartCity.ServiceDefaults;

/// <param name="P50">Milliseconds; null when nothing came.</param>
public readonly record struct MinuteSummary(long Count, double? P50, double? P99);

/// <summary>Counts and ages of the last sixty seconds in one slot a second; ages in buckets 9 % wide. Thread-safe.</summary>
public sealed class LastMinute
{
    private const int Seconds = 60;
    private const int BucketsPerDoubling = 8;
    private const int Buckets = 32 * BucketsPerDoubling;

    private readonly Lock _lock = new();
    private readonly long[] _second = new long[Seconds];
    private readonly int[][] _counts = [.. Enumerable.Range(0, Seconds).Select(_ => new int[Buckets])];

    public void Add(DateTimeOffset now, TimeSpan age)
    {
        var second = now.ToUnixTimeSeconds();
        var slot = (int)(second % Seconds);
        var bucket = Math.Clamp((int)(Math.Log2(Math.Max(1, age.TotalMilliseconds)) * BucketsPerDoubling), 0, Buckets - 1);
        lock (_lock)
        {
            if (_second[slot] != second)
            {
                _second[slot] = second;
                Array.Clear(_counts[slot]);
            }

            _counts[slot][bucket]++;
        }
    }

    public MinuteSummary Summarise(DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        var sum = new long[Buckets];
        lock (_lock)
        {
            for (var slot = 0; slot < Seconds; slot++)
            {
                if (second - _second[slot] < Seconds)
                {
                    for (var b = 0; b < Buckets; b++)
                    {
                        sum[b] += _counts[slot][b];
                    }
                }
            }
        }

        var count = sum.Sum();
        return new MinuteSummary(count, Quantile(sum, count, 0.50), Quantile(sum, count, 0.99));
    }

    private static double? Quantile(long[] counts, long total, double quantile)
    {
        var rank = (long)Math.Ceiling(total * quantile);
        long seen = 0;
        for (var b = 0; b < counts.Length; b++)
        {
            seen += counts[b];
            if (seen >= rank && seen > 0)
            {
                return Math.Round(Math.Pow(2, (b + 1.0) / BucketsPerDoubling), 1);
            }
        }

        return null;
    }
}
