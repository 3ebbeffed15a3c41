namespace SmartCity.Contracts.Api;

/// <summary>What is charged for a charging day, less reversals, <c>GET /api/charges/summary</c>.</summary>
/// <param name="Toll">The congestion charge.</param>
/// <param name="Pollution">ULEZ and LEZ.</param>
/// <param name="Vehicles">Number of vehicles that owe something.</param>
/// <param name="TakenBack">Amounts that were charged for the day and reversed; positive.</param>
/// <param name="OpenDisputes">Open disputes of charges of the day.</param>
public sealed record ChargeSummary(DateOnly Day, decimal Toll, decimal Pollution, int Vehicles, decimal TakenBack, int OpenDisputes, string Currency);

/// <summary>A day whose charges would change when it is worked out again, and that waits for a second person, <c>GET /api/charges/rederive</c>.</summary>
/// <param name="By">Who has proposed it; null where the core found it by itself, and two people must agree.</param>
/// <param name="Lines">What would be added to the ledger, such as <c>ulez -12.50 GBP</c>.</param>
public sealed record ChargeProposal(string Plate, DateOnly Day, string? By, string Why, DateTimeOffset At, IReadOnlyList<string> Lines);

/// <summary>An objection to a charge, <c>GET /api/charges/disputes</c>.</summary>
/// <param name="State">open, upheld (the charge was reversed) or rejected.</param>
/// <param name="Note">Why it was decided so; null while it is open.</param>
public sealed record DisputeView(Guid Id, ChargeView Charge, string Reason, string State, string RaisedBy, DateTimeOffset RaisedAt, string? DecidedBy, DateTimeOffset? DecidedAt, string? Note);

/// <summary>The body of <c>POST /api/charges/{id}/disputes</c>.</summary>
public sealed record NewDispute(string? Reason);

/// <summary>The body of <c>POST /api/charges/disputes/{id}</c>.</summary>
/// <param name="State">upheld or rejected.</param>
/// <param name="Note">Why.</param>
public sealed record DisputeDecision(string? State, string? Note);

/// <summary>Which lines of the ledger, the parameters of <c>GET /api/charges</c>; one that is null does not narrow the list.</summary>
public sealed record ChargeFilter
{
    /// <summary>Calendar day in the city's time zone.</summary>
    public DateOnly? Day { get; init; }

    /// <summary>First and last charging day, both included.</summary>
    public DateOnly? From { get; init; }
    public DateOnly? To { get; init; }

    /// <summary>ulez, lez or congestion.</summary>
    public string? Scheme { get; init; }

    /// <summary>charge or reversal.</summary>
    public string? Kind { get; init; }

    /// <summary>A search for a plate needs a reason.</summary>
    public string? Plate { get; init; }
    public Guid? Sighting { get; init; }
}
