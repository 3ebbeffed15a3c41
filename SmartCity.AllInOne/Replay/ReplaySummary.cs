using System.Text.Json;

namespace SmartCity.AllInOne.Replay;

/// <summary>What a replay did, and what stands in its data folder afterwards.</summary>
internal sealed record ReplaySummary
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Frames and pictures that this replay read.</summary>
    public required long Frames { get; init; }

    /// <summary>Vehicles that this replay saw.</summary>
    public required long Sightings { get; init; }

    /// <summary>Of these, without a plate that is certain enough.</summary>
    public required long Unread { get; init; }

    /// <summary>Of these, the ones that no earlier replay into this folder had stored.</summary>
    public required long NewSightings { get; init; }

    public required long StoredSightings { get; init; }

    public required long Passages { get; init; }

    /// <summary>What stands in the ledger, by scheme.</summary>
    public required IReadOnlyDictionary<string, SchemeTotal> Charges { get; init; }

    /// <summary>Lines that this replay added to the ledger.</summary>
    public required long NewCharges { get; init; }

    public required long Alerts { get; init; }

    public required long DeadLetters { get; init; }

    public required long ReviewCases { get; init; }

    /// <summary>Parquet of sightings.</summary>
    public required ArchiveTotal Archive { get; init; }

    /// <summary>Milliseconds from a frame's entry into the pipeline to its sighting's row; null when nothing new was stored.</summary>
    public required Percentiles? CaptureToStored { get; init; }

    public required double Seconds { get; init; }

    /// <summary>What a person may wonder about the figures, and where to look at the results.</summary>
    /// <param name="data">The replay's data folder.</param>
    public IEnumerable<string> Hints(string data)
    {
        if (Frames == 0)
        {
            yield return "No picture could be read, so there is nothing to show.";
        }
        else if (Sightings == 0)
        {
            yield return "No number plate was found in the pictures.";
        }
        else if (NewSightings == 0)
        {
            yield return $"Nothing is new: these pictures were replayed into {data} before. Use another --data for a fresh start.";
        }
        else if (NewCharges == 0)
        {
            yield return "No vehicle was charged. Plates that the registry does not know go to review; import the vehicles with POST /api/vehicles/import.";
        }

        if (ReviewCases > 0)
        {
            yield return $"{ReviewCases} {(ReviewCases == 1 ? "case waits" : "cases wait")} for review.";
        }

        if (DeadLetters > 0)
        {
            yield return $"{DeadLetters} {(DeadLetters == 1 ? "record" : "records")} could not be processed; see Dead letters in the console.";
        }

        if (Sightings > 0)
        {
            yield return $"To look at the results in the console, run: ./smartcity run --data {data} --stations 1";
        }
    }
}

internal sealed record SchemeTotal(long Vehicles, decimal Pounds);

internal sealed record ArchiveTotal(long Objects, long Bytes);

internal sealed record Percentiles(double P50, double P99);
