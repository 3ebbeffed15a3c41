using System.Text.Json.Serialization;

namespace SmartCity.Contracts.Api;

/// <summary>One page of a keyset-paged list, newest first. <see cref="Next"/> is the opaque cursor of the following page, null at the end.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next) : IRows
{
    int IRows.Rows => Items.Count;
}

/// <summary>A list of any type, of which somebody counts the rows.</summary>
public interface IRows
{
    int Rows { get; }
}

/// <summary><c>GET /api/sightings</c>. Pictures are at <c>/api/evidence/{key}</c>.</summary>
public sealed record SightingView
{
    public required Guid Id { get; init; }
    public required DateTimeOffset CapturedAt { get; init; }
    public required string StationId { get; init; }
    public required string CameraId { get; init; }
    public int? Lane { get; init; }
    public string? Direction { get; init; }
    public string? Plate { get; init; }
    public string? Country { get; init; }
    public string? Format { get; init; }
    public double Confidence { get; init; }
    public IReadOnlyList<double> Characters { get; init; } = [];
    public IReadOnlyList<PlateAlternative> Alternatives { get; init; } = [];
    public int Frames { get; init; }
    public IReadOnlyList<int> Box { get; init; } = [];
    public string? Evidence { get; init; }
    public string? Patch { get; init; }
    public string? DetectorVersion { get; init; }
    public string? ReaderVersion { get; init; }
    public double? SpeedKmh { get; init; }

    /// <summary>How the plate moved in the picture: towards (the camera), away, left or right; null when that is not known.</summary>
    public string? Movement { get; init; }

    /// <summary>How often later frames of the vehicle have corrected it.</summary>
    public int Revision { get; init; }

    /// <summary>Whether the clock of the time of capture was synchronised; null when that is not known.</summary>
    public bool? ClockSynchronised { get; init; }

    /// <summary>UTC time at which the core stored it.</summary>
    public DateTimeOffset? StoredAt { get; init; }

    /// <summary>W3C trace id, 32 hexadecimal digits.</summary>
    public string? TraceId { get; init; }

    public Guid? PassageId { get; init; }
    public VehicleView? Vehicle { get; init; }

    /// <summary>Charges that name this sighting as their evidence.</summary>
    public IReadOnlyList<ChargeView> Charges { get; init; } = [];

    /// <summary>Charges of the vehicle for the day that stand and rest on another sighting: why this one leads to none.</summary>
    public IReadOnlyList<EarlierCharge> ChargedBefore { get; init; } = [];

    /// <summary>What a person decided last about the reading; null while <see cref="Plate"/> is what the camera read.</summary>
    public ReadingDecision? Decision { get; init; }

    /// <summary>The frames just before and after it; null in lists, and where the edge keeps none.</summary>
    public SightingStrip? Strip { get; init; }
}

/// <summary>Small frames of one sighting in one JPEG, five beside one another, row by row, in order of time.</summary>
/// <param name="Key">Object key, for <c>GET /api/evidence/{key}</c>. The picture may come a little later.</param>
/// <param name="Width">Of one frame in pixels.</param>
/// <param name="Height">Of one frame in pixels.</param>
/// <param name="Milliseconds">From the sighting to each frame; those before are below zero.</param>
public sealed record SightingStrip(string Key, int Width, int Height, IReadOnlyList<int> Milliseconds);

/// <param name="RecordedAt">When it was charged.</param>
public sealed record EarlierCharge(Guid Id, string Scheme, decimal Amount, string Currency, DateTimeOffset RecordedAt);

/// <summary>A person's decision on a reading. Confidence, characters and alternatives of the sighting are the camera's and go with <paramref name="Read"/>.</summary>
/// <param name="Read">What the camera read; null when it read no plate.</param>
/// <param name="By">Who decided; null in lists and when it is not known.</param>
public sealed record ReadingDecision(string? Read, string? By, DateTimeOffset At);

/// <summary>A registry record, <c>GET /api/vehicles/{plate}</c>.</summary>
public sealed record VehicleView
{
    public required string Plate { get; init; }
    public string? Make { get; init; }
    public string? Model { get; init; }
    public string? Colour { get; init; }
    public int? Year { get; init; }
    public string? Class { get; init; }
    public string? Fuel { get; init; }
    public int? Euro { get; init; }
    public DateOnly? FirstRegistered { get; init; }
    public int? GrossKg { get; init; }
    public int? UnladenKg { get; init; }
    public string? TaxClass { get; init; }
    public string? TypeApproval { get; init; }
    public string? Keeper { get; init; }
    public IReadOnlyList<string> Discounts { get; init; } = [];
}

/// <summary>What the registry knows of a vehicle over time, <c>GET /api/vehicles/{plate}/history</c>; oldest first.</summary>
public sealed record VehicleHistory(IReadOnlyList<VehicleRecord> Records, IReadOnlyList<RegisteredDiscount> Discounts) : IRows
{
    int IRows.Rows => Records.Count;
}

/// <summary>Facts that hold from a day on.</summary>
/// <param name="From">First day on which they hold; null when they hold from the beginning.</param>
/// <param name="Source">Who said so; null when it is not known.</param>
public sealed record VehicleRecord(DateOnly? From, VehicleView Vehicle, string? Source, DateTimeOffset RecordedAt);

/// <summary>A discount or registration of a vehicle.</summary>
/// <param name="From">First day on which it holds; null when it holds from the beginning.</param>
/// <param name="To">Last day on which it holds; null when no end is known.</param>
public sealed record RegisteredDiscount(string Discount, DateOnly? From, DateOnly? To, string? Source, DateTimeOffset RecordedAt);

/// <summary><c>GET /api/passages</c>.</summary>
public sealed record PassageView
{
    public required Guid Id { get; init; }
    public required string Plate { get; init; }
    public required string StationId { get; init; }
    public required DateTimeOffset FirstAt { get; init; }
    public required DateTimeOffset LastAt { get; init; }
    public int Sightings { get; init; }
    public Guid BestSightingId { get; init; }
    public string? Evidence { get; init; }
}

/// <summary>A line of the ledger, <c>GET /api/charges</c>. A reversal has a negative amount.</summary>
public sealed record ChargeView
{
    public required Guid Id { get; init; }
    public required string Plate { get; init; }
    public required string Scheme { get; init; }

    /// <summary>Calendar day in the city's time zone.</summary>
    public required DateOnly Day { get; init; }

    public required decimal Amount { get; init; }

    /// <summary>Of the amount, ISO 4217.</summary>
    public string Currency { get; init; } = "GBP";

    /// <summary>charge or reversal.</summary>
    public required string Kind { get; init; }
    public required string Rule { get; init; }
    public required string Why { get; init; }
    public required string TariffVersion { get; init; }
    public Guid SightingId { get; init; }
    public string? StationId { get; init; }
    public string? Evidence { get; init; }
    public string? TraceId { get; init; }
    public DateTimeOffset RecordedAt { get; init; }
    public Guid? Reverses { get; init; }

    /// <summary>What the registry said of the vehicle for that day when the charge was made; null for a charge of an older version.</summary>
    public ChargedFacts? Facts { get; init; }
}

/// <summary>The facts that a charge rests on. Weights in kilograms.</summary>
public sealed record ChargedFacts(string Class, string Fuel, int? Euro, DateOnly? FirstRegistered, int? GrossKg, int? UnladenKg, string? TaxClass, IReadOnlyList<string> Discounts)
{
    /// <summary>Category of the type approval, such as L7e; null when not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TypeApproval { get; init; }
}

/// <summary><c>GET /api/charges/totals?day=</c>: what is charged for a charging day, less reversals.</summary>
public sealed record ChargeTotal(DateOnly Day, string Scheme, int Vehicles, decimal Amount, string Currency);

/// <summary>An alert, <c>GET /api/alerts</c>, and the value of a record on topic <c>alerts</c>.</summary>
public sealed record AlertView
{
    public required Guid Id { get; init; }
    public required Guid EntryId { get; init; }
    public required Guid PassageId { get; init; }
    public required Guid SightingId { get; init; }
    public required string Plate { get; init; }

    /// <summary>The hot-list entry's plate or pattern.</summary>
    public required string Pattern { get; init; }
    public required string Reason { get; init; }

    /// <summary>1 (highest) to 5.</summary>
    public required int Priority { get; init; }
    public string? RequestedBy { get; init; }

    /// <summary>The list that the entry was imported with; null for none.</summary>
    public string? List { get; init; }
    public required string StationId { get; init; }
    public string? CameraId { get; init; }
    public string? Direction { get; init; }
    public required DateTimeOffset CapturedAt { get; init; }
    public required DateTimeOffset RaisedAt { get; init; }
    public string? Evidence { get; init; }
    public string? Patch { get; init; }
    public string? TraceId { get; init; }
    public VehicleView? Vehicle { get; init; }

    /// <summary>open, acknowledged, escalated, resolved or dismissed.</summary>
    public required string State { get; init; }

    /// <summary>What became of the hit, one of <see cref="AlertOutcome"/>; null unless it is resolved.</summary>
    public string? Outcome { get; init; }
    public DateTimeOffset? AcknowledgedAt { get; init; }
    public string? AcknowledgedBy { get; init; }
    public string? Note { get; init; }

    /// <summary>Whether a person has decided since that the sighting shows another plate or none, so that the alert rests on a wrong reading.</summary>
    public bool ReadingTakenBack { get; init; }

    /// <summary>Why topic <c>alerts</c> does not have it and will not get it by itself; null if it has it or will.</summary>
    public string? NotPublished { get; init; }

    /// <summary>The alert that stands for this one, because a late sighting showed that both are of one passage; null if it stands for itself.</summary>
    public Guid? JoinedInto { get; init; }
}

/// <summary><c>GET /api/stations</c>.</summary>
public sealed record StationView
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required double Latitude { get; init; }
    public required double Longitude { get; init; }
    public IReadOnlyList<string> Zones { get; init; } = [];
    public IReadOnlyList<CameraView> Cameras { get; init; } = [];
}

public sealed record CameraView(string Id, int? Lane, string? Direction);

/// <summary>A Parquet object of the lake's table of sightings, <c>GET /api/archive/objects</c>.</summary>
/// <param name="Day">UTC day on which its sightings were captured.</param>
/// <param name="FirstAt">When its first sighting was captured; null if a program that wrote the object did not say.</param>
public sealed record ArchivedObject(string Key, DateOnly Day, long Rows, long Bytes, DateTimeOffset? FirstAt, DateTimeOffset? LastAt);

/// <summary>One event of <c>GET /api/live</c> (server-sent events; event type sighting, alert or charge). Exactly one property is set. Between them
/// come empty ones: <c>open</c> first, then <c>alive</c> every 15 s.</summary>
public sealed record LiveEvent
{
    public SightingView? Sighting { get; init; }
    public AlertView? Alert { get; init; }
    public ChargeView? Charge { get; init; }
}

/// <summary>A case for a person, <c>GET /api/review</c>.</summary>
public sealed record ReviewView
{
    public required Guid Id { get; init; }

    /// <summary>unread, doubtful, unregistered, near-match, unclassified, two-places, two-readings, watched; second-person for a reading that had no case when somebody proposed another.</summary>
    public required string Kind { get; init; }
    public required string Why { get; init; }
    public required Guid SightingId { get; init; }
    public required string StationId { get; init; }
    public required DateTimeOffset CapturedAt { get; init; }
    public string? Plate { get; init; }
    public double Confidence { get; init; }
    public string? Evidence { get; init; }
    public string? Patch { get; init; }

    /// <summary>The reading that speaks against it: the same plate elsewhere, or another plate on what was probably the same vehicle.</summary>
    public OtherReading? Other { get; init; }

    /// <summary>open, proposed (waits for a second person), confirmed, corrected, no-plate, skipped, settled (the registry has learnt of the vehicle).</summary>
    public required string State { get; init; }
}

/// <summary>A reading beside that of a case.</summary>
/// <param name="Id">Of its sighting.</param>
public sealed record OtherReading(Guid Id, DateTimeOffset CapturedAt, string StationId, string Plate, string? Evidence)
{
    public string? Patch => Evidence is { } evidence ? Sighting.PatchKey(evidence) : null;
}

/// <summary>An entry of a hot-list, <c>GET /api/hotlist</c>.</summary>
public sealed record HotlistEntryView
{
    public Guid? Id { get; init; }

    /// <summary>A plate, or a pattern with ? (one character) and * (any number).</summary>
    public required string Pattern { get; init; }
    public required string Reason { get; init; }
    public int Priority { get; init; } = 3;

    /// <summary>Who asked for it.</summary>
    public string? RequestedBy { get; init; }

    /// <summary>The list that it came from, such as that of a police force.</summary>
    public string? List { get; init; }

    /// <summary>Null for always. A day alone holds from its beginning in London.</summary>
    [JsonConverter(typeof(BeginConverter))]
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>The first moment at which it no longer holds; null for never. A day alone is the last day on which it holds.</summary>
    [JsonConverter(typeof(EndConverter))]
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>active, expired or upcoming; ignored in a request.</summary>
    public string? State { get; init; }

    /// <summary>Who added it and when; ignored in a request.</summary>
    public string? AddedBy { get; init; }
    public DateTimeOffset? AddedAt { get; init; }

    /// <summary>In the answer to a change: the plate that is probably meant, if the pattern was typed with O for 0 or I for 1; ignored in a request.</summary>
    public string? Meant { get; init; }

    /// <summary>In a list: why the pattern matches too much of what passes by now, so that whoever gets alerts is flooded; null when it does not. Ignored in a request.</summary>
    public string? TooWide { get; init; }
}

/// <summary>What a person decided: the body of <c>POST /api/review/{id}</c> and <c>POST /api/sightings/{id}/review</c>.</summary>
/// <param name="State">confirmed, corrected or no-plate; for a case also skipped, and open to undo that.</param>
/// <param name="Plate">The right plate; required with corrected.</param>
public sealed record ReviewResolution(string State, string? Plate = null)
{
    /// <summary>The plate that the person was shown, empty if there was none: when the sighting counts as another by now, nothing is decided and the answer is 409. Null where the caller does not say.</summary>
    public string? Shown { get; init; }
}

/// <summary>What a decision changed.</summary>
/// <param name="Plate">The plate that the sighting counts as now.</param>
/// <param name="Entries">Lines added to the ledger, or for a proposal the lines that would be added.</param>
/// <param name="Proposed">Whether nothing has changed yet, because a second person must make the same decision.</param>
public sealed record ReviewOutcome(Guid SightingId, string? Plate, IReadOnlyList<ChargeView> Entries, IReadOnlyList<AlertView> Alerts, bool Proposed = false);

/// <summary>Open cases of one kind, <c>GET /api/review/counts</c>; <c>second-person</c> counts those that wait for a second person and that the user may decide, <c>skipped</c> those that were put off.</summary>
public sealed record ReviewCount(string Kind, long Open);

/// <summary>The body of <c>POST /api/hotlist/test</c>.</summary>
/// <param name="At">When the plate is seen; now if it is left out.</param>
public sealed record HotlistQuestion(string? Plate, DateTimeOffset? At = null);

/// <summary>What an entry would have met in the last 24 hours, <c>POST /api/hotlist/reach</c>.</summary>
/// <param name="Passages">Passages that fit.</param>
/// <param name="Vehicles">Different plates among them.</param>
/// <param name="Refused">Why the pattern would not be saved; null if it would.</param>
public sealed record HotlistReach(string Pattern, long Passages, long Vehicles, string? Refused);

/// <param name="Meets">Entries that would raise an alert.</param>
/// <param name="Near">Entries that look like the plate: a doubtful reading of it goes to review.</param>
public sealed record HotlistAnswer(IReadOnlyList<HotlistEntryView> Meets, IReadOnlyList<HotlistEntryView> Near);

/// <summary>The result of an import.</summary>
/// <param name="Errors">The first thousand errors.</param>
/// <param name="RejectedCsv">The invalid rows as a CSV file, each with its line number and error, to be corrected and imported again; null if there are none or they were not kept.</param>
/// <param name="Doubtful">Rows that were imported and were probably typed wrong.</param>
/// <param name="Doubts">The first thousand of them.</param>
/// <param name="MeantCsv">These rows as a CSV file with the plates that are probably meant, to be checked and imported as well; null if there are none or they were not kept.</param>
public sealed record ImportReport(
    long Read, long Imported, long Rejected, IReadOnlyList<ImportError> Errors, string? RejectedCsv = null, long Doubtful = 0, IReadOnlyList<ImportDoubt>? Doubts = null, string? MeantCsv = null)
{
    /// <summary>Nothing was saved: Imported counts what would be.</summary>
    public bool Preview { get; init; }

    /// <summary>In a preview of hot-list entries, the first of them as they would be saved.</summary>
    public IReadOnlyList<HotlistEntryView>? Sample { get; init; }
}

/// <param name="Plate">As it was typed.</param>
/// <param name="Meant">What it probably should be.</param>
public sealed record ImportDoubt(long Line, string Plate, string Meant);

/// <param name="Line">Line of a CSV file, the header is line 1; number of the entry of a JSON list, from 1.</param>
public sealed record ImportError(long Line, string Error);

/// <summary><c>GET /api/city</c>.</summary>
/// <param name="TimeZone">IANA time zone of charging days.</param>
/// <param name="Currency">Of every amount, ISO 4217.</param>
/// <param name="Faces">Whether this core has facial recognition switched on.</param>
public sealed record CityView(string Id, string Name, string? Country, string TimeZone, string Currency = "GBP", bool Faces = false);
