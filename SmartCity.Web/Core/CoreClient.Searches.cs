using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="page">vehicles, alerts or charges.</param>
    public Task<IReadOnlyList<SavedSearch>> SavedSearchesAsync(string page, CancellationToken cancellationToken) => GetAsync<IReadOnlyList<SavedSearch>>($"api/searches/{page}", cancellationToken);

    public Task<SavedSearch> SaveSearchAsync(string page, NewSavedSearch search, CancellationToken cancellationToken) => PostAsync<SavedSearch>($"api/searches/{page}", search, cancellationToken);

    public Task DeleteSearchAsync(string page, Guid search, CancellationToken cancellationToken) => DeleteAsync($"api/searches/{page}/{search}", cancellationToken);

    /// <summary>Why the user looked at what takes a reason, the latest first.</summary>
    public Task<IReadOnlyList<string>> OwnReasonsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<string>>("api/access/reasons", cancellationToken);

    /// <summary>Makes and colours of the registry; of those that are given, what may be meant.</summary>
    public Task<VehicleKinds> VehicleKindsAsync(string? make, string? colour, CancellationToken cancellationToken) =>
        GetAsync<VehicleKinds>(QueryHelpers.AddQueryString("api/vehicle-kinds", Given(("make", make), ("colour", colour))), cancellationToken);
}
