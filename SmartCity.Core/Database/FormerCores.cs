using System.Runtime.CompilerServices;
using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>
/// When a core of the former release was last seen on a database: see <see cref="CorrectionGate.FormerCore"/>. Its session may be gone for a moment while it
/// goes on storing sightings. <see cref="DatabaseWatch"/> looks several times a second. Safe to use from several threads.
/// </summary>
internal sealed class FormerCores
{
    private static readonly TimeSpan MayBeBack = TimeSpan.FromMinutes(1);
    private static readonly ConditionalWeakTable<NpgsqlDataSource, FormerCores> All = [];

    private volatile Seeing? _last;

    /// <summary>Whether one was there during the last minute, or nobody knows.</summary>
    public bool MayBeThere => _last is { } last && last.Time.GetElapsedTime(last.At) < MayBeBack;

    /// <summary>What is known of a database.</summary>
    public static FormerCores Of(NpgsqlDataSource dataSource) => All.GetOrCreateValue(dataSource);

    /// <summary>One is there, or it cannot be known whether one is.</summary>
    public void Seen(TimeProvider time) => _last = new Seeing(time, time.GetTimestamp());

    private sealed record Seeing(TimeProvider Time, long At);
}
