using System.Net;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

/// <summary>What an administrator sets up: stations, cameras, zones, tariffs, webhooks, retention.</summary>
public sealed partial class CoreClient
{
    public Task<IReadOnlyList<ZoneView>> ZonesAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ZoneView>>("api/zones", cancellationToken);

    public Task<ZoneView> ChangeZoneAsync(string id, ZoneChange change, CancellationToken cancellationToken) => PutAsync<ZoneView>($"api/zones/{id}", change, cancellationToken);

    public Task<IReadOnlyList<StationSetup>> StationSetupsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<StationSetup>>("api/setup/stations", cancellationToken);

    public Task<StationSetup> AddStationAsync(NewStation station, CancellationToken cancellationToken) => PostAsync<StationSetup>("api/setup/stations", station, cancellationToken);

    public Task<StationSetup> ChangeStationAsync(string id, StationChange change, CancellationToken cancellationToken) => PutAsync<StationSetup>($"api/setup/stations/{id}", change, cancellationToken);

    public Task<StationSetup> ChangeStationZonesAsync(string id, StationZones zones, CancellationToken cancellationToken) => PutAsync<StationSetup>($"api/setup/stations/{id}/zones", zones, cancellationToken);

    /// <summary>Null when it is gone, as a trial that is over.</summary>
    public async Task<CameraSetup?> CameraSetupAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync<CameraSetup>($"api/setup/cameras/{id}", cancellationToken);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public Task<CameraSetup> AddCameraAsync(NewCamera camera, CancellationToken cancellationToken) => PostAsync<CameraSetup>("api/setup/cameras", camera, cancellationToken);

    public Task<CameraSetup> ChangeCameraAsync(string id, CameraChange change, CancellationToken cancellationToken) => PutAsync<CameraSetup>($"api/setup/cameras/{id}", change, cancellationToken);

    public Task EndTrialAsync(string id, CancellationToken cancellationToken) => DeleteAsync($"api/setup/cameras/{id}", cancellationToken);

    /// <summary>Whether the core has a picture of a camera.</summary>
    public async Task<bool> HasPictureAsync(string camera, CancellationToken cancellationToken)
    {
        using var response = await CameraPictureAsync(camera, "", cancellationToken);
        return response.IsSuccessStatusCode;
    }

    /// <summary>The response with a camera's newest picture, to be passed on; the caller disposes it.</summary>
    /// <param name="watch">Pictures come every second for a while.</param>
    /// <param name="known">Entity tags of pictures that the browser has; empty for none.</param>
    public async Task<HttpResponseMessage> CameraPictureAsync(string id, string known, CancellationToken cancellationToken, bool watch = false)
    {
        using var request = Request(HttpMethod.Get, $"api/cameras/{Uri.EscapeDataString(id)}/picture{(watch ? "?watch=true" : "")}", null);
        if (known.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", known);
        }

        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public Task<IReadOnlyList<TariffView>> TariffsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<TariffView>>("api/tariffs", cancellationToken);

    public Task<TariffView> AddTariffAsync(NewTariff tariff, CancellationToken cancellationToken) => PostAsync<TariffView>("api/tariffs", tariff, cancellationToken);

    public Task RemoveTariffAsync(string version, CancellationToken cancellationToken) => DeleteAsync($"api/tariffs/{version}", cancellationToken);

    public Task<IReadOnlyList<RetentionView>> RetentionAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<RetentionView>>("api/retention", cancellationToken);

    public Task<RetentionView> ChangeRetentionAsync(string kind, int days, CancellationToken cancellationToken) => PutAsync<RetentionView>($"api/retention/{kind}", new RetentionChange(days), cancellationToken);

    public Task RunRetentionAsync(CancellationToken cancellationToken) => PostAsync("api/retention/run", new { }, cancellationToken);

    public Task<IReadOnlyList<WebhookView>> WebhooksAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<WebhookView>>("api/webhooks", cancellationToken);

    public Task<WebhookView> AddWebhookAsync(WebhookRequest webhook, CancellationToken cancellationToken) => PostAsync<WebhookView>("api/webhooks", webhook, cancellationToken);

    public async Task ChangeWebhookAsync(Guid id, WebhookRequest webhook, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Put, $"api/webhooks/{id}", null, webhook);
        using var response = await http.SendAsync(request, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    /// <summary>The answer holds the new secret, this once.</summary>
    public Task<WebhookView> RenewWebhookSecretAsync(Guid id, CancellationToken cancellationToken) => PostAsync<WebhookView>($"api/webhooks/{id}/secret", new { }, cancellationToken);

    public Task RemoveWebhookAsync(Guid id, CancellationToken cancellationToken) => DeleteAsync($"api/webhooks/{id}", cancellationToken);

    /// <summary>Sends a test at once and gives what the receiver said.</summary>
    public Task<WebhookAttemptView> TestWebhookAsync(Guid id, CancellationToken cancellationToken) => PostAsync<WebhookAttemptView>($"api/webhooks/{id}/test", new { }, cancellationToken);

    public Task<Page<WebhookDeliveryView>> WebhookDeliveriesAsync(Guid webhook, string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<WebhookDeliveryView>>(Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString("api/webhooks/deliveries", Given(("webhook", webhook.ToString()), ("limit", "20"), ("after", after))), cancellationToken);

    /// <summary>Sends a delivery again, whatever became of it.</summary>
    public Task ResendWebhookAsync(Guid delivery, CancellationToken cancellationToken) => PostAsync($"api/webhooks/deliveries/{delivery}/resend", new { }, cancellationToken);
}
