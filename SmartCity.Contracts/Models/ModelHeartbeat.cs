namespace SmartCity.Contracts.Models;

/// <summary>One kind of model at an edge, part of its heartbeat.</summary>
public sealed record ModelHeartbeat
{
    public required string Kind { get; init; }

    /// <summary>The version that reads.</summary>
    public required string Version { get; init; }

    /// <summary>The version that is kept on disk to go back to; null if there is none.</summary>
    public string? Previous { get; init; }

    /// <summary>Number of the last order that was taken; 0 before the first.</summary>
    public long Order { get; init; }

    /// <summary>One of <see cref="ModelPhase"/>.</summary>
    public required string Phase { get; init; }

    /// <summary>The version that is on its way, shadowed or refused; null if there is none.</summary>
    public string? Candidate { get; init; }

    /// <summary>Why the candidate does not read, or what is waited for, in plain English; null if nothing is wrong.</summary>
    public string? Reason { get; init; }

    /// <summary>What the candidate read beside the version that reads; null if nothing is or was shadowed.</summary>
    public ModelShadow? Shadow { get; init; }

    /// <summary>Plates read since the version was taken over, and how many of these readings failed with an error.</summary>
    public long Reads { get; init; }

    /// <inheritdoc cref="Reads"/>
    public long Faults { get; init; }

    /// <summary>Bytes that the process's own objects take; all that it holds is in the heartbeat's <c>residentBytes</c>.</summary>
    public long ManagedBytes { get; init; }
}

/// <summary>Where an edge stands with a version.</summary>
public static class ModelPhase
{
    /// <summary>The version that was ordered reads, and has proved itself.</summary>
    public const string Serving = "serving";

    /// <summary>It reads, and is watched: the edge goes back by itself when it fails.</summary>
    public const string Watched = "watched";

    public const string Fetching = "fetching";

    /// <summary>It reads every nth plate beside the one that counts.</summary>
    public const string Shadowing = "shadowing";

    /// <summary>It is never loaded, or not again: its digest, signature or contract is wrong, it crashed, or it read worse.</summary>
    public const string Refused = "refused";
}

/// <summary>Plates that were read by two versions. Shares are counts, so that the core can add them up.</summary>
public sealed record ModelShadow
{
    public long Plates { get; init; }

    /// <summary>How many of them both read alike, O and 0 and I and 1 being the same.</summary>
    public long Agreed { get; init; }

    /// <summary>Of how many the version that counts was sure (0.9 or more), and how many of these the candidate read alike: where it was not, the candidate may well be right.</summary>
    public long Sure { get; init; }

    /// <inheritdoc cref="Sure"/>
    public long SureAgreed { get; init; }

    /// <summary>How many the candidate, and the version that counts, would not have given as read.</summary>
    public long Abstained { get; init; }

    /// <inheritdoc cref="Abstained"/>
    public long AbstainedBefore { get; init; }

    /// <summary>How many readings of each have a shape that some country gives out.</summary>
    public long InGrammar { get; init; }

    /// <inheritdoc cref="InGrammar"/>
    public long InGrammarBefore { get; init; }

    /// <summary>95th percentile of the time for a plate, of each, in milliseconds; null before the first.</summary>
    public double? P95Milliseconds { get; init; }

    /// <inheritdoc cref="P95Milliseconds"/>
    public double? P95MillisecondsBefore { get; init; }
}
