namespace SmartCity.Contracts.Api;

/// <summary>How long one kind of record is kept, <c>GET /api/retention</c>.</summary>
/// <param name="Kind">evidence (pictures), sightings (and passages), archive (Parquet objects) or audit.</param>
/// <param name="What">What is removed and what never is, in plain English.</param>
/// <param name="Least">Fewest days that may be set.</param>
/// <param name="LastRun">Null before the first run.</param>
public sealed record RetentionView(string Kind, string What, int Days, int Least, int Most, string? ChangedBy, DateTimeOffset? ChangedAt, RetentionRun? LastRun);

/// <summary>What a run of the retention removed.</summary>
/// <param name="Before">Records older than this were considered.</param>
/// <param name="Removed">How many pictures, sightings, objects or lines were removed.</param>
/// <param name="Kept">How many older ones stay, because a charge, an alert or a case rests on them.</param>
/// <param name="Error">Why the run failed; null if it did not.</param>
public sealed record RetentionRun(DateTimeOffset At, DateTimeOffset Before, long Removed, long Kept, long Bytes, TimeSpan Duration, string? Error);

/// <summary>The body of <c>PUT /api/retention/{kind}</c>.</summary>
public sealed record RetentionChange(int? Days);
