using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<ShiftsNow> ShiftsNowAsync(CancellationToken cancellationToken) => GetAsync<ShiftsNow>("api/shifts/now", cancellationToken);

    /// <param name="after">Cursor of the page before.</param>
    public Task<Page<ShiftLogView>> ShiftsAsync(string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<ShiftLogView>>(QueryHelpers.AddQueryString("api/shifts", Given(("limit", "20"), ("after", after))), cancellationToken);

    /// <param name="reason">Goes to the audit.</param>
    public Task<ShiftLogDetail> ShiftAsync(Guid id, string reason, CancellationToken cancellationToken) => GetAsync<ShiftLogDetail>($"api/shifts/{id}", cancellationToken, reason);

    public Task BeginShiftAsync(CancellationToken cancellationToken) => PostAsync("api/shifts", new { }, cancellationToken);

    public Task WriteInShiftAsync(NewShiftEntry entry, CancellationToken cancellationToken) => PostAsync("api/shifts/entries", entry, cancellationToken);

    /// <param name="reason">Stays with the entry, and goes to the audit.</param>
    public Task<ShiftLogEntry> StrikeInShiftAsync(Guid entry, string reason, CancellationToken cancellationToken) => PostAsync<ShiftLogEntry>($"api/shifts/entries/{entry}/strike", new { }, cancellationToken, reason);

    public Task HandOverAsync(Guid shift, ShiftHandover handover, CancellationToken cancellationToken) => PostAsync($"api/shifts/{shift}/handover", handover, cancellationToken);

    public Task TakeOverAsync(Guid shift, CancellationToken cancellationToken) => PostAsync($"api/shifts/{shift}/take", new { }, cancellationToken);
}
