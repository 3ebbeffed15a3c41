namespace SmartCity.Contracts.Api;

/// <summary>A shift of the control room, <c>GET /api/shifts</c>: it runs until the next person has taken over.</summary>
/// <param name="HeldBy">Who began it, or took it over from the one before.</param>
/// <param name="HandedTo">Who was named to take over; null until it is handed over.</param>
/// <param name="Note">What the next person must know, as whoever handed over wrote it.</param>
/// <param name="TakenBy">Who took over; it may be somebody else than was named.</param>
/// <param name="EndedAt">When that was; null while the shift runs.</param>
/// <param name="Entries">Number of entries in its log.</param>
public sealed record ShiftLogView(
    Guid Id, string HeldBy, DateTimeOffset BegunAt, DateTimeOffset? HandedAt, string? HandedBy, string? HandedTo, string? Note, string? TakenBy, DateTimeOffset? EndedAt, int Entries);

/// <summary>A shift with its log, <c>GET /api/shifts/{id}</c>.</summary>
/// <param name="Entries">Oldest first.</param>
/// <param name="Waiting">What waited for somebody when it was handed over; null until then.</param>
public sealed record ShiftLogDetail(ShiftLogView Shift, IReadOnlyList<ShiftLogEntry> Entries, ShiftWaiting? Waiting) : IRows
{
    int IRows.Rows => Entries.Count;
}

/// <summary>What somebody wrote during a shift. It stays as it was written; one that was struck is still seen.</summary>
/// <param name="Kind">What it refers to: one of <see cref="ShiftReference"/>; null for nothing.</param>
/// <param name="About">Id of the alert, station, charge or case, or the plate of the vehicle.</param>
/// <param name="SightingId">The sighting that the case is about; null for anything else.</param>
/// <param name="StruckReason">Why it was struck; null when it was not.</param>
public sealed record ShiftLogEntry(Guid Id, DateTimeOffset At, string By, string Text, string? Kind, string? About, Guid? SightingId, DateTimeOffset? StruckAt, string? StruckBy, string? StruckReason);

/// <summary>What an entry of the log of a shift may refer to.</summary>
public static class ShiftReference
{
    public const string Alert = "alert";
    public const string Vehicle = "vehicle";
    public const string Station = "station";
    public const string Charge = "charge";
    public const string Case = "case";

    public static IReadOnlyList<string> All { get; } = [Alert, Vehicle, Station, Charge, Case];
}

/// <summary>What waits for somebody. A part is null for whoever may not see it.</summary>
/// <param name="Alerts">Number of alerts that are open, acknowledged or escalated.</param>
/// <param name="FirstAlerts">The most urgent of them.</param>
/// <param name="Cases">Cases of the review, by kind.</param>
/// <param name="Disputes">Number of disputes that nobody has decided.</param>
/// <param name="Faults">Parts of the pipeline that are not healthy.</param>
public sealed record ShiftWaiting(DateTimeOffset At, int? Alerts, IReadOnlyList<ShiftAlert>? FirstAlerts, IReadOnlyList<ShiftCases>? Cases, int? Disputes, IReadOnlyList<ShiftFault>? Faults);

/// <param name="State">open, acknowledged or escalated.</param>
public sealed record ShiftAlert(Guid Id, int Priority, string Reason, string StationId, DateTimeOffset CapturedAt, string State);

public sealed record ShiftCases(string Kind, int Number, DateTimeOffset Oldest);

/// <param name="Part">A station, a worker, or a part of the core.</param>
/// <param name="State">degraded or failed.</param>
public sealed record ShiftFault(string Part, string State, string Problem);

/// <summary>Who is on duty and what there is to do, <c>GET /api/shifts/now</c>.</summary>
/// <param name="Running">The shift that runs; null when none does.</param>
/// <param name="Before">The one before, if it ended within the last 24 hours.</param>
/// <param name="FirstLine">Recipients on the first line of the rota now.</param>
/// <param name="SignedIn">Users with a session in use.</param>
/// <param name="People">Users who may take over.</param>
public sealed record ShiftsNow(
    ShiftLogDetail? Running, ShiftLogDetail? Before, ShiftWaiting Waiting, IReadOnlyList<string> FirstLine, IReadOnlyList<string> SecondLine, IReadOnlyList<string> SignedIn, IReadOnlyList<string> People);

/// <summary>The body of <c>POST /api/shifts/entries</c>.</summary>
/// <param name="Kind">One of <see cref="ShiftReference"/>; null for nothing.</param>
/// <param name="About">Id of what it refers to; the plate of a vehicle.</param>
public sealed record NewShiftEntry(string? Text, string? Kind = null, string? About = null);

/// <summary>The body of <c>POST /api/shifts/{id}/handover</c>.</summary>
/// <param name="To">Name of the user who is to take over.</param>
public sealed record ShiftHandover(string? To, string? Note = null);
