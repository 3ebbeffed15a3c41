using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<IReadOnlyList<CameraStatus>> CameraStatusesAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<CameraStatus>>("api/ops/cameras", cancellationToken);

    /// <summary>The last minutes of ingest, oldest first.</summary>
    public Task<IReadOnlyList<OpsMinute>> OpsHistoryAsync(int minutes, CancellationToken cancellationToken) =>
        GetAsync<IReadOnlyList<OpsMinute>>($"api/ops/history?minutes={minutes.ToString(CultureInfo.InvariantCulture)}", cancellationToken);

    public Task<Page<DeadLetterView>> DeadLettersAsync(string? state, DeadLetterSelection selection, string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<DeadLetterView>>(
            QueryHelpers.AddQueryString(
                "api/dead-letters",
                Given(
                    ("limit", "50"), ("state", state), ("topic", selection.Topic), ("reason", selection.Reason), ("from", selection.From is { } from ? Utc(from) : null), ("to", selection.To is { } to ? Utc(to) : null), ("after", after))),
            cancellationToken);

    /// <summary>One with its bytes; the audit says who looked.</summary>
    public Task<DeadLetterDetail> DeadLetterAsync(Guid id, CancellationToken cancellationToken) => GetAsync<DeadLetterDetail>($"api/dead-letters/{id}", cancellationToken);

    public Task ReplayDeadLetterAsync(Guid id, CancellationToken cancellationToken) => PostAsync($"api/dead-letters/{id}/replay", new { }, cancellationToken);

    /// <summary>Sends back the open ones of a selection, a thousand at most.</summary>
    public Task<DeadLetterReplay> ReplayDeadLettersAsync(DeadLetterSelection selection, CancellationToken cancellationToken) => PostAsync<DeadLetterReplay>("api/dead-letters/replay", selection, cancellationToken);

    public Task DiscardDeadLetterAsync(Guid id, string reason, CancellationToken cancellationToken) => PostAsync($"api/dead-letters/{id}/discard", new DeadLetterDiscard(reason), cancellationToken);
}
