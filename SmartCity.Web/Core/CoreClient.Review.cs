using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="version">Only readings by this version; null for any.</param>
    public Task<IReadOnlyList<ReviewCount>> ReviewCountsAsync(string? version, CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ReviewCount>>(Address("api/review/counts", ("version", version)), cancellationToken);

    /// <summary>The newest open cases of a kind, to look at.</summary>
    public Task<Page<ReviewView>> ReviewAsync(string? kind, int limit, CancellationToken cancellationToken) =>
        GetAsync<Page<ReviewView>>(Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString("api/review", Given(("kind", kind), ("limit", limit.ToString(System.Globalization.CultureInfo.InvariantCulture)))), cancellationToken);

    /// <summary>Cases to decide that nobody else gets meanwhile, those that one has already included.</summary>
    public Task<IReadOnlyList<ReviewTask>> ClaimReviewAsync(ReviewClaim claim, CancellationToken cancellationToken) =>
        PostAsync<IReadOnlyList<ReviewTask>>("api/review/claim", claim, cancellationToken);

    public Task GiveReviewBackAsync(CancellationToken cancellationToken) => DeleteAsync("api/review/claim", cancellationToken);

    /// <summary>Decides on a reading; charges, passages and alerts follow.</summary>
    public Task<ReviewOutcome> DecideAsync(Guid sighting, ReviewResolution resolution, string? reason, CancellationToken cancellationToken) =>
        PostAsync<ReviewOutcome>($"api/sightings/{sighting}/review", resolution, cancellationToken, reason);

    /// <summary>Takes one's own last decision back.</summary>
    public Task<ReviewOutcome> UndoDecisionAsync(Guid sighting, string? reason, CancellationToken cancellationToken) =>
        PostAsync<ReviewOutcome>($"api/sightings/{sighting}/review/undo", new { }, cancellationToken, reason);

    /// <summary>Puts a case off, or takes that back.</summary>
    public Task<ReviewView> PutOffAsync(Guid reviewCase, bool off, CancellationToken cancellationToken) =>
        PostAsync<ReviewView>($"api/review/{reviewCase}", new ReviewResolution(off ? "skipped" : "open"), cancellationToken);
}
