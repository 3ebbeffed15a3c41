using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<Page<AlertView>> AlertsAsync(string? state, int? priority, string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<AlertView>>(QueryHelpers.AddQueryString("api/alerts", Given(("limit", "50"), ("state", state), ("priority", priority?.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("after", after))), cancellationToken);

    public Task<AlertDetail> AlertAsync(Guid id, CancellationToken cancellationToken) => GetAsync<AlertDetail>($"api/alerts/{id}", cancellationToken);

    /// <param name="note">Why; required to dismiss and to escalate.</param>
    public Task ActAsync(Guid alert, string action, string? note, CancellationToken cancellationToken) => PostAsync($"api/alerts/{alert}/actions", new AlertDecision(action, note), cancellationToken);

    public Task ResendAsync(Guid alert, Guid delivery, CancellationToken cancellationToken) => PostAsync($"api/alerts/{alert}/deliveries/{delivery}/resend", new { }, cancellationToken);

    /// <param name="reason">Why the plate is looked for.</param>
    public Task<Page<AlertView>> AlertsOfAsync(string plate, string reason, CancellationToken cancellationToken) =>
        GetAsync<Page<AlertView>>(QueryHelpers.AddQueryString("api/alerts", Given(("plate", plate), ("limit", "20"))), cancellationToken, reason);

    public Task<IReadOnlyList<AlertCount>> AlertCountsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<AlertCount>>("api/alerts/counts", cancellationToken);
}
