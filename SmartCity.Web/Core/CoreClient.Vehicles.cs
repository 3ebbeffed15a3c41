using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="reason">Goes to the audit.</param>
    public Task<Page<PassageHit>> SearchVehiclesAsync(VehicleSearch search, string reason, string? after, CancellationToken cancellationToken) =>
        PostAsync<Page<PassageHit>>(QueryHelpers.AddQueryString("api/vehicles/search", Given(("limit", "100"), ("after", after))), search, cancellationToken, reason);

    /// <summary>The registry's record; null when there is none.</summary>
    public async Task<VehicleView?> VehicleAsync(string plate, string reason, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync<VehicleView>(Address("api/vehicles/record", ("plate", plate)), cancellationToken, reason);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public Task<JourneyView> JourneyAsync(string plate, DateTimeOffset from, DateTimeOffset to, string reason, CancellationToken cancellationToken) =>
        GetAsync<JourneyView>(QueryHelpers.AddQueryString("api/vehicles/journey", Given(("plate", plate), ("from", Utc(from)), ("to", Utc(to)))), cancellationToken, reason);

    /// <summary>A time as the API takes it.</summary>
    public static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
