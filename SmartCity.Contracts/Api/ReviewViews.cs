namespace SmartCity.Contracts.Api;

/// <summary>Takes cases in front of whoever asks, the body of <c>POST /api/review/claim</c>. Nobody else gets them until the time is over or they are given back.</summary>
/// <param name="Kind">A kind of case; <c>second-person</c> for what waits for a second person, <c>skipped</c> for what was put off; all open ones when null.</param>
/// <param name="Count">At most, 1 to 50.</param>
public sealed record ReviewClaim(string? Kind = null, int Count = 10);

/// <summary>A case in front of somebody, with all that is needed to decide.</summary>
/// <param name="Proposals">What others and oneself have proposed, oldest first; more than one when people do not agree.</param>
/// <param name="Until">Then others may get it.</param>
public sealed record ReviewTask(ReviewView Case, SightingView Sighting, IReadOnlyList<ReviewProposal> Proposals, DateTimeOffset Until);

/// <summary>A decision that would charge somebody and waits for a second person to come to the same.</summary>
/// <param name="Decision">confirmed, corrected or no-plate.</param>
public sealed record ReviewProposal(string Decision, string? Plate, string By, DateTimeOffset At);
