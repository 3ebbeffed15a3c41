namespace SmartCity.Contracts.Api;

/// <summary>What people gather for one matter, <c>GET /api/investigations</c>.</summary>
/// <param name="Purpose">What it is for, in a sentence.</param>
/// <param name="Reference">Number of another authority; null for none.</param>
/// <param name="Owner">Name of the user who is responsible.</param>
/// <param name="State">open or closed.</param>
/// <param name="KeepUntil">The last day on which a closed one is kept; one that is open stays and is overdue.</param>
/// <param name="Items">Number of sightings, alerts and charges in it.</param>
public sealed record InvestigationView(
    Guid Id, string Title, string Purpose, string? Reference, string Owner, string State, string OpenedBy, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, DateOnly KeepUntil, int Items);

/// <summary>An investigation with all that is in it, <c>GET /api/investigations/{id}</c>.</summary>
/// <param name="Items">By the time that they are about, oldest first.</param>
/// <param name="Notes">Oldest first.</param>
/// <param name="Files">Oldest first.</param>
public sealed record InvestigationDetail(
    InvestigationView Investigation, IReadOnlyList<InvestigationItem> Items, IReadOnlyList<InvestigationNote> Notes, IReadOnlyList<InvestigationFile> Files);

/// <summary>A sighting, an alert or a charge, copied with its pictures when it was added.</summary>
/// <param name="Kind">sighting, alert or charge.</param>
/// <param name="Id">Of the sighting, alert or line of the ledger.</param>
/// <param name="What">In a few words.</param>
/// <param name="At">When the vehicle was seen, or when the charge was recorded.</param>
/// <param name="Picture">Key of the copied picture of the plate; null when there was none.</param>
/// <param name="Note">Why it was added; null for nothing.</param>
public sealed record InvestigationItem(string Kind, Guid Id, string? Plate, string What, DateTimeOffset At, string? Picture, string AddedBy, DateTimeOffset AddedAt, string? Note);

public sealed record InvestigationNote(DateTimeOffset At, string By, string Text);

/// <param name="Sha256">64 hexadecimal digits in lower case.</param>
public sealed record InvestigationFile(Guid Id, string Name, long Bytes, string Sha256, string AddedBy, DateTimeOffset AddedAt)
{
    public const int MostBytes = 20 << 20;
}

/// <summary>The body of <c>POST /api/investigations</c>.</summary>
public sealed record NewInvestigation(string? Title, string? Purpose, string? Reference, DateOnly? KeepUntil);

/// <summary>The body of <c>PUT /api/investigations/{id}</c>.</summary>
/// <param name="State">open or closed.</param>
public sealed record InvestigationChange(string? Title, string? Purpose, string? Reference, string? Owner, string? State, DateOnly? KeepUntil);

/// <summary>The body of <c>POST /api/investigations/{id}/items</c>.</summary>
/// <param name="Kind">sighting, alert or charge.</param>
public sealed record NewInvestigationItem(string? Kind, Guid Id, string? Note);

/// <summary>The body of <c>POST /api/investigations/{id}/notes</c>.</summary>
public sealed record NewInvestigationNote(string? Text);
