using System.Net.Http.Headers;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="state">open or closed; all when empty.</param>
    /// <param name="after">Cursor of the page before.</param>
    public Task<Page<InvestigationView>> InvestigationsAsync(string? state, string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<InvestigationView>>(QueryHelpers.AddQueryString("api/investigations", Given(("state", state), ("after", after))), cancellationToken);

    public Task<InvestigationDetail> InvestigationAsync(Guid id, CancellationToken cancellationToken) => GetAsync<InvestigationDetail>($"api/investigations/{id}", cancellationToken);

    public Task<InvestigationView> OpenInvestigationAsync(NewInvestigation investigation, CancellationToken cancellationToken) => PostAsync<InvestigationView>("api/investigations", investigation, cancellationToken);

    /// <param name="reason">Goes to the audit.</param>
    public Task<InvestigationView> ChangeInvestigationAsync(Guid id, InvestigationChange change, string reason, CancellationToken cancellationToken) =>
        AnswerAsync<InvestigationView>(Request(HttpMethod.Put, $"api/investigations/{id}", reason, change), cancellationToken);

    /// <param name="reason">Goes to the audit where the item is of the past.</param>
    public async Task AddToInvestigationAsync(Guid id, NewInvestigationItem item, string reason, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, $"api/investigations/{id}/items", reason, item);
        using var response = await http.SendAsync(request, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    public Task RemoveFromInvestigationAsync(Guid id, InvestigationItem item, string reason, CancellationToken cancellationToken) => DeleteAsync($"api/investigations/{id}/items/{item.Kind}/{item.Id}", reason, cancellationToken);

    public Task AddInvestigationNoteAsync(Guid id, string text, CancellationToken cancellationToken) => PostAsync($"api/investigations/{id}/notes", new NewInvestigationNote(text), cancellationToken);

    public async Task<InvestigationFile> AddInvestigationFileAsync(Guid id, string name, Stream file, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        var request = Request(HttpMethod.Post, QueryHelpers.AddQueryString($"api/investigations/{id}/files", "name", name), null);
        request.Content = content;
        return await AnswerAsync<InvestigationFile>(request, cancellationToken);
    }
}
