using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="text">A part of plate, reason, requester or list.</param>
    /// <param name="state">active, expired or upcoming; all when empty.</param>
    /// <param name="after">Cursor of the page before.</param>
    public Task<Page<HotlistEntryView>> HotlistAsync(string? text, string? state, string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<HotlistEntryView>>(QueryHelpers.AddQueryString("api/hotlist", Given(("limit", "50"), ("text", text), ("state", state), ("after", after))), cancellationToken);

    public Task<HotlistEntryView> AddToHotlistAsync(HotlistEntryView entry, CancellationToken cancellationToken) => PostAsync<HotlistEntryView>("api/hotlist", entry, cancellationToken);

    public Task<HotlistEntryView> ChangeHotlistEntryAsync(Guid id, HotlistEntryView entry, CancellationToken cancellationToken) => PutAsync<HotlistEntryView>($"api/hotlist/{id}", entry, cancellationToken);

    public Task<HotlistAnswer> TestHotlistAsync(string plate, CancellationToken cancellationToken) => PostAsync<HotlistAnswer>("api/hotlist/test", new HotlistQuestion(plate), cancellationToken);

    public Task<HotlistReach> HotlistReachAsync(string pattern, CancellationToken cancellationToken) => PostAsync<HotlistReach>("api/hotlist/reach", new HotlistQuestion(pattern), cancellationToken);

    /// <param name="reason">Goes to the audit.</param>
    public Task RemoveFromHotlistAsync(Guid id, string reason, CancellationToken cancellationToken) => DeleteAsync($"api/hotlist/{id}", reason, cancellationToken);

    /// <param name="json">A JSON list of entries; else CSV.</param>
    /// <param name="preview">Saves nothing and says what would be saved.</param>
    public Task<ImportReport> ImportHotlistAsync(Stream file, bool json, bool preview, CancellationToken cancellationToken) => ImportAsync("api/hotlist/import", file, json, preview, cancellationToken);

    /// <param name="file">CSV.</param>
    /// <param name="preview">Saves nothing and says what is wrong with the file.</param>
    public Task<ImportReport> ImportVehiclesAsync(Stream file, bool preview, CancellationToken cancellationToken) => ImportAsync("api/vehicles/import", file, false, preview, cancellationToken);

    private async Task<ImportReport> ImportAsync(string path, Stream file, bool json, bool preview, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue(json ? "application/json" : "text/csv");
        using var response = await http.PostAsync(preview ? $"{path}?preview=true" : path, content, cancellationToken);
        await CheckAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync<ImportReport>(Json, cancellationToken) ?? throw new JsonException("The core's answer to the import is empty.");
    }
}
