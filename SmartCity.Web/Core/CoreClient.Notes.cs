using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="reason">Goes to the audit.</param>
    public Task<Page<NoteView>> NotesOfVehicleAsync(string plate, string reason, CancellationToken cancellationToken) => PostAsync<Page<NoteView>>("api/notes/search", new NotesAsked(plate), cancellationToken, reason);

    public Task<Page<NoteView>> NotesOfAlertAsync(Guid alert, CancellationToken cancellationToken) => GetAsync<Page<NoteView>>($"api/notes/alerts/{alert}", cancellationToken);

    public Task<Page<NoteView>> NotesOfStationAsync(string station, CancellationToken cancellationToken) => GetAsync<Page<NoteView>>($"api/notes/stations/{Uri.EscapeDataString(station)}", cancellationToken);

    public Task<NoteView> AddNoteAsync(NewNote note, CancellationToken cancellationToken) => PostAsync<NoteView>("api/notes", note, cancellationToken);

    public Task RemoveNoteAsync(Guid note, CancellationToken cancellationToken) => DeleteAsync($"api/notes/{note}", cancellationToken);
}
