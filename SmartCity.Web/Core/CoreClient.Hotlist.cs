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

    /// <param name="reason">Goes to the audit.</param>
    public async Task RemoveFromHotlistAsync(Guid id, string reason, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Delete, $"api/hotlist/{id}", reason);
        using var response = await http.SendAsync(request, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    /// <param name="json">A JSON list of entries; else CSV.</param>
    public async Task<ImportReport> ImportHotlistAsync(Stream file, bool json, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue(json ? "application/json" : "text/csv");
        using var response = await http.PostAsync("api/hotlist/import", content, cancellationToken);
        await CheckAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync<ImportReport>(Json, cancellationToken) ?? throw new JsonException("The core's answer to the import is empty.");
    }
}
