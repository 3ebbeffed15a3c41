namespace SmartCity.Bricks;

/// <summary>How a function ended with an event. An exception that it throws counts as <see cref="Failed"/>.</summary>
public readonly record struct Result
{
    private Result(ResultKind kind, string? reason) => (Kind, Reason) = (kind, reason);

    /// <summary>The work is durable; the event is not seen again.</summary>
    public static Result Done { get; } = new(ResultKind.Done, null);

    /// <summary>Null of <see cref="Done"/>.</summary>
    public string? Reason { get; }

    internal ResultKind Kind { get; }

    /// <summary>It may succeed later: it is tried again, and is a dead letter when its attempts are used up.</summary>
    /// <param name="reason">Why, in plain English.</param>
    public static Result Failed(string reason) => new(ResultKind.Failed, reason);

    /// <summary>It never will succeed: it is a dead letter at once.</summary>
    /// <param name="reason">Why, in plain English.</param>
    public static Result Rejected(string reason) => new(ResultKind.Rejected, reason);
}

internal enum ResultKind
{
    Done,
    Failed,
    Rejected,
}
