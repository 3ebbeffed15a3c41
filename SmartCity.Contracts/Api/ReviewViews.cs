namespace SmartCity.Contracts.Api;

/// <summary>Reserves cases for the user, the body of <c>POST /api/review/claim</c>. Nobody else gets them until the time is over or they are given back.</summary>
/// <param name="Kind">A kind of case; <c>second-person</c> for what waits for a second person, <c>skipped</c> for what was put off; all open ones when null.</param>
/// <param name="Count">How many at most, 1 to 50.</param>
/// <param name="Version">Only readings by this version of a model, such as <c>own-read-2</c>; of any when null.</param>
public sealed record ReviewClaim(string? Kind = null, int Count = 10, string? Version = null);

/// <summary>A reserved case, with everything that is needed to decide it.</summary>
/// <param name="Proposals">What people have proposed, the user included, oldest first; more than one if they do not agree.</param>
/// <param name="Until">When the reservation ends.</param>
public sealed record ReviewTask(ReviewView Case, SightingView Sighting, IReadOnlyList<ReviewProposal> Proposals, DateTimeOffset Until);

/// <summary>A decision that would charge somebody and takes effect when a second person makes the same.</summary>
/// <param name="Decision">confirmed, corrected or no-plate.</param>
public sealed record ReviewProposal(string Decision, string? Plate, string By, DateTimeOffset At);
