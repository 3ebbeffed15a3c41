namespace SmartCity.Contracts.Api;

/// <summary>The body of <c>POST /api/privacy/erasures</c>.</summary>
/// <param name="Plate">Latin letters and digits; spaces are left out.</param>
public sealed record PlateAsked(string? Plate);

/// <summary>A kind of record that holds plates, <c>GET /api/privacy/records</c>: what a register of processing activities says of it.</summary>
/// <param name="Table">In Postgres.</param>
/// <param name="What">Such as <c>Passages</c>.</param>
/// <param name="Purpose">What it is kept for.</param>
/// <param name="Recipients">Who gets to see it.</param>
/// <param name="Kept">Which of it an erasure leaves, and why; null when it leaves nothing.</param>
public sealed record PlateRecordView(string Table, string What, string Purpose, string Recipients, string? Kept);

/// <summary>An erasure, <c>GET /api/privacy/erasures</c>.</summary>
/// <param name="Plate">Null once it is done: then the plate is erased here too.</param>
/// <param name="Fault">Why it is not done yet; it is tried again.</param>
/// <param name="DoneAt">UTC; null while it waits or runs.</param>
/// <param name="Records">What was erased and what was kept, so far.</param>
public sealed record ErasureView(Guid Id, string? Plate, string Reason, string RequestedBy, DateTimeOffset RequestedAt, string? Fault, DateTimeOffset? DoneAt, IReadOnlyList<ErasedRecords> Records);

/// <param name="What">Such as <c>Passages</c>.</param>
/// <param name="Erased">Rows, pictures or rows of the lake.</param>
/// <param name="Kept">Rows that were left.</param>
/// <param name="Why">Why they were left; null when none were.</param>
public sealed record ErasedRecords(string What, long Erased, long Kept, string? Why);

/// <summary>The body of <c>POST /api/privacy/restrictions</c>.</summary>
/// <param name="Plate">Latin letters and digits; spaces are left out.</param>
/// <param name="From">First day of the city on which the plate is restricted; today if it is left out.</param>
public sealed record NewRestriction(string? Plate, DateOnly? From = null);

/// <summary>A restriction of a plate's processing, <c>GET /api/privacy/restrictions</c>.</summary>
/// <param name="From">First day on which it holds.</param>
/// <param name="LiftedAt">UTC; null while it stands.</param>
/// <param name="Records">What was stored of the plate when it was restricted or, once it is lifted, then.</param>
public sealed record RestrictionView(
    Guid Id, string Plate, string Reason, DateOnly From, string RestrictedBy, DateTimeOffset RestrictedAt, string? LiftReason, string? LiftedBy, DateTimeOffset? LiftedAt, IReadOnlyList<CoveredRecords> Records);

/// <param name="What">Such as <c>Passages</c>.</param>
/// <param name="Rows">How many there are of the plate.</param>
/// <param name="Effect">What the restriction means for them.</param>
public sealed record CoveredRecords(string What, long Rows, string Effect);
