using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<LiveSummary> LiveSummaryAsync(CancellationToken cancellationToken) => GetAsync<LiveSummary>("api/live/summary", cancellationToken);

    public Task<FlowView> FlowAsync(DateOnly? day, CancellationToken cancellationToken) =>
        GetAsync<FlowView>(QueryHelpers.AddQueryString("api/flow", Given(("day", day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)))), cancellationToken);

    /// <summary>The newest of a station, a class of vehicle, a zone.</summary>
    public Task<Page<SightingView>> SightingsAsync(string? station, string? vehicleClass, string? zone, int limit, CancellationToken cancellationToken) =>
        GetAsync<Page<SightingView>>(
            QueryHelpers.AddQueryString("api/sightings", Given(("limit", limit.ToString(CultureInfo.InvariantCulture)), ("station", station), ("class", vehicleClass), ("zone", zone))),
            cancellationToken);

    public Task<PassageDetail> PassageAsync(Guid id, CancellationToken cancellationToken, string? reason = null) => GetAsync<PassageDetail>($"api/passages/{id}", cancellationToken, reason);

    public Task<Page<AlertView>> AlertsOfPassageAsync(Guid passage, CancellationToken cancellationToken) => GetAsync<Page<AlertView>>($"api/alerts?passage={passage}&limit=20", cancellationToken);
}
