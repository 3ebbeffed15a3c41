using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <summary>Lines of the ledger, newest first.</summary>
    /// <param name="reason">Goes to the audit; needed with a plate.</param>
    /// <param name="after">Cursor of the page before.</param>
    public Task<Page<ChargeView>> ChargesAsync(ChargeFilter filter, string? reason, string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<ChargeView>>(QueryHelpers.AddQueryString("api/charges", Given([.. Parameters(filter), ("limit", "50"), ("after", after)])), cancellationToken, string.IsNullOrEmpty(reason) ? null : reason);

    /// <summary>A charge with all that was ever recorded for its vehicle, scheme and day, oldest first.</summary>
    public Task<IReadOnlyList<ChargeView>> ChargeHistoryAsync(Guid id, CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ChargeView>>($"api/charges/{id}", cancellationToken);

    /// <summary>Toll and pollution of a charging day; today's when no day is given.</summary>
    public Task<ChargeSummary> ChargeSummaryAsync(DateOnly? day, CancellationToken cancellationToken) =>
        GetAsync<ChargeSummary>(day is { } d ? $"api/charges/summary?day={Day(d)}" : "api/charges/summary", cancellationToken);

    public Task<Page<DisputeView>> DisputesAsync(string? state, string? after, string? reason, CancellationToken cancellationToken) =>
        GetAsync<Page<DisputeView>>(QueryHelpers.AddQueryString("api/charges/disputes", Given(("state", state), ("after", after))), cancellationToken, reason);

    /// <summary>Disputes of a charge's vehicle, scheme and day, oldest first.</summary>
    public Task<IReadOnlyList<DisputeView>> DisputesOfAsync(Guid charge, CancellationToken cancellationToken) => GetAsync<IReadOnlyList<DisputeView>>($"api/charges/{charge}/disputes", cancellationToken);

    public Task<DisputeView> DisputeAsync(Guid charge, string reason, CancellationToken cancellationToken) => PostAsync<DisputeView>($"api/charges/{charge}/disputes", new NewDispute(reason), cancellationToken);

    public Task<DisputeView> DecideDisputeAsync(Guid dispute, bool upheld, string note, CancellationToken cancellationToken) =>
        PostAsync<DisputeView>($"api/charges/disputes/{dispute}", new DisputeDecision(upheld ? "upheld" : "rejected", note), cancellationToken);

    /// <summary>A filter as the API takes it.</summary>
    public static IEnumerable<(string Name, string? Value)> Parameters(ChargeFilter filter) =>
    [
        ("day", Day(filter.Day)), ("from", Day(filter.From)), ("to", Day(filter.To)), ("scheme", filter.Scheme), ("kind", filter.Kind), ("plate", filter.Plate), ("sighting", filter.Sighting?.ToString()),
    ];

    private static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
