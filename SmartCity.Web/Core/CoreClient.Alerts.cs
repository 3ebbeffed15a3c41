using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Alerts;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="filter">Which, and in which order.</param>
    /// <param name="after">Where the page before ended.</param>
    /// <param name="reason">Goes to the audit; needed unless the filter is for what somebody has to deal with.</param>
    public Task<Page<AlertView>> AlertsAsync(AlertFilter filter, string? after, CancellationToken cancellationToken, string? reason = null) =>
        GetAsync<Page<AlertView>>(
            QueryHelpers.AddQueryString("api/alerts", Given(
                ("limit", "50"), ("state", filter.State), ("priority", filter.Priority == 0 ? null : filter.Priority.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                ("list", filter.List), ("plate", filter.Plate), ("sort", filter.Sort), ("after", after))),
            cancellationToken,
            reason);

    public Task<IReadOnlyList<string>> AlertListsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<string>>("api/alerts/lists", cancellationToken);

    public Task<AlertDetail> AlertAsync(Guid id, CancellationToken cancellationToken) => GetAsync<AlertDetail>($"api/alerts/{id}", cancellationToken);

    public Task<AlertNotifications> AlertNotificationsAsync(Guid alert, CancellationToken cancellationToken) => GetAsync<AlertNotifications>($"api/alerts/{alert}/notifications", cancellationToken);

    /// <param name="note">Why; required to dismiss and to escalate.</param>
    /// <param name="outcome">With resolved.</param>
    public Task ActAsync(Guid alert, string action, string? note, string? outcome, CancellationToken cancellationToken) => PostAsync($"api/alerts/{alert}/actions", new AlertDecision(action, note, outcome), cancellationToken);

    public Task<AlertsDecided> ActOnAllAsync(AlertsDecision decision, CancellationToken cancellationToken) => PostAsync<AlertsDecided>("api/alerts/actions", decision, cancellationToken);

    public Task ResendAsync(Guid alert, Guid delivery, CancellationToken cancellationToken) => PostAsync($"api/alerts/{alert}/deliveries/{delivery}/resend", new { }, cancellationToken);

    /// <param name="reason">Why the plate is looked for.</param>
    public Task<Page<AlertView>> AlertsOfAsync(string plate, string reason, CancellationToken cancellationToken) =>
        GetAsync<Page<AlertView>>(QueryHelpers.AddQueryString("api/alerts", Given(("plate", plate), ("limit", "20"))), cancellationToken, reason);

    public Task<IReadOnlyList<AlertCount>> AlertCountsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<AlertCount>>("api/alerts/counts", cancellationToken);
}
