using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<NotificationSettings> NotificationsAsync(CancellationToken cancellationToken) => GetAsync<NotificationSettings>("api/notifications", cancellationToken);

    /// <summary>The answer holds the secret of a webhook, this once.</summary>
    public Task<RecipientView> AddRecipientAsync(RecipientRequest recipient, CancellationToken cancellationToken) => PostAsync<RecipientView>("api/notifications/recipients", recipient, cancellationToken);

    public Task<RecipientView> ChangeRecipientAsync(Guid id, RecipientRequest recipient, CancellationToken cancellationToken) => PutAsync<RecipientView>($"api/notifications/recipients/{id}", recipient, cancellationToken);

    public Task RemoveRecipientAsync(Guid id, CancellationToken cancellationToken) => DeleteAsync($"api/notifications/recipients/{id}", cancellationToken);

    /// <summary>Sends a test at once and says what became of it.</summary>
    public Task<WebhookAttemptView> TestRecipientAsync(Guid id, CancellationToken cancellationToken) => PostAsync<WebhookAttemptView>($"api/notifications/recipients/{id}/test", new { }, cancellationToken);

    public Task AddShiftAsync(NewShift shift, CancellationToken cancellationToken) => PostAsync("api/notifications/shifts", shift, cancellationToken);

    public Task RemoveShiftAsync(Guid id, CancellationToken cancellationToken) => DeleteAsync($"api/notifications/shifts/{id}", cancellationToken);

    public Task<NotificationRule> SetRuleAsync(int priority, NotificationRuleChange rule, CancellationToken cancellationToken) => PutAsync<NotificationRule>($"api/notifications/rules/{priority}", rule, cancellationToken);

    public Task<Page<NotificationDelivery>> NotificationDeliveriesAsync(string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<NotificationDelivery>>(QueryHelpers.AddQueryString("api/notifications/deliveries", Given(("limit", "20"), ("after", after))), cancellationToken);

    public Task ResendNotificationAsync(Guid delivery, CancellationToken cancellationToken) => PostAsync($"api/notifications/deliveries/{delivery}/resend", new { }, cancellationToken);
}
