namespace SmartCity.Contracts;

/// <summary>The answer to <c>GET /api/edge/sightings?station=…&amp;from=…&amp;to=…</c>: how many sightings of a station the core has, for each stretch of capture time that has any.</summary>
public sealed record EdgeSightings
{
    /// <summary>Stretches are this long and begin at multiples of it since 1970, UTC.</summary>
    public static readonly TimeSpan Stretch = TimeSpan.FromMinutes(5);

    /// <summary>Largest number of ids in one question for missing sightings.</summary>
    public const int MostIds = 10_000;

    /// <summary>When the edge sent the newest of the records that the core stored last; null if the core has stored none that says it.</summary>
    public DateTimeOffset? SentTo { get; init; }

    public required IReadOnlyList<StretchCount> Stretches { get; init; }

    /// <summary>The beginnings of hours of capture of which the core lacks sightings that the edge said it had published: they are to be compared at once. Null when there are none.</summary>
    public IReadOnlyList<DateTimeOffset>? CompareHours { get; init; }

    /// <summary>The beginning of the stretch in which a time lies.</summary>
    public static DateTimeOffset StretchOf(DateTimeOffset at) => new(at.UtcTicks - ((at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) % Stretch.Ticks), TimeSpan.Zero);
}

/// <param name="From">The beginning of the stretch, UTC.</param>
/// <param name="Count">Sightings that the core has stored, each revision counted.</param>
public sealed record StretchCount(DateTimeOffset From, long Count);

/// <summary>The body of <c>POST /api/edge/sightings/missing?station=…</c>.</summary>
/// <param name="From">All were captured at or after this time, UTC.</param>
/// <param name="To">All were captured before this time, UTC.</param>
/// <param name="Ids">At most <see cref="EdgeSightings.MostIds"/>.</param>
public sealed record EdgeSightingsAsked(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<Guid> Ids)
{
    /// <summary>The newest revision of each of <see cref="Ids"/> that the edge has, in the same order; null where all are 0.</summary>
    public IReadOnlyList<int>? Revisions { get; init; }
}

/// <param name="Ids">Those of the sightings asked for that the core has neither stored nor among its dead letters, in that revision or a later one; a dead letter that was replayed does not count.</param>
public sealed record EdgeSightingsMissing(IReadOnlyList<Guid> Ids);
