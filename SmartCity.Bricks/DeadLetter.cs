namespace SmartCity.Bricks;

/// <summary>What could not be done, byte for byte, and why.</summary>
public sealed record DeadLetter
{
    /// <summary>Why, in plain English: the function's own words, or what the runtime found.</summary>
    public required string Reason { get; init; }

    /// <summary>How often it was tried; 0 where it could not be read at all.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it was given up.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The event's source; where it could not be read, the topic or address that it came by.</summary>
    public required string Source { get; init; }

    /// <summary>The event's id; where it could not be read, its place in the topic.</summary>
    public required string Id { get; init; }

    /// <summary>The key of the record or event; null for none.</summary>
    public byte[]? Key { get; init; }

    /// <summary>The data as it came.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>Headers or attributes as they came, so that it can be sent again as it was.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]?>> Headers { get; init; } = [];

    /// <summary>Whether it never will succeed.</summary>
    internal bool IsRejected { get; init; }
}
