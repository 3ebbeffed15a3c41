using System.Globalization;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Core.Review;

namespace SmartCity.Core.Sightings;

/// <summary>Whether a reading is good enough to act on, and what a person is asked if it is not.</summary>
public sealed class ReadingCases(IOptions<SightingOptions> options, IOptions<ReviewOptions> review)
{
    /// <summary>Kind of the cases that ask people to confirm a random sure reading.</summary>
    public const string AuditSample = "audit-sample";

    /// <summary>Whether charges may follow from it before a person has looked.</summary>
    /// <param name="storedAt">When it was first stored.</param>
    public bool IsSure(Sighting sighting, DateTimeOffset storedAt) =>
        sighting.Plate is not null && sighting.Confidence >= options.Value.DoubtfulBelow && sighting.ClockSynchronised is not false && !IsAhead(sighting, storedAt);

    /// <summary>Whether it says that it was captured later than it was stored.</summary>
    public static bool IsAhead(Sighting sighting, DateTimeOffset storedAt) => sighting.CapturedAt > storedAt + SightingOptions.Ahead;

    public IEnumerable<ReviewCase> Of(Sighting s, DateTimeOffset storedAt)
    {
        if (s.Plate is null)
        {
            yield return Case(s, "unread", "A plate was found but not read.");
            yield break;
        }

        if (s.Confidence < options.Value.DoubtfulBelow)
        {
            yield return Case(s, "doubtful", string.Create(CultureInfo.InvariantCulture, $"Read with a probability of {Math.Floor(s.Confidence * 1000) / 1000:P1}; {options.Value.DoubtfulBelow:P0} is needed to act on it."));
        }

        if (s.ClockSynchronised is false)
        {
            yield return Case(s, "doubtful", "The station's clock was not synchronised, so the time of capture, and with it the charging day, may be wrong.");
        }

        if (IsAhead(s, storedAt))
        {
            yield return Case(s, "doubtful", string.Create(CultureInfo.InvariantCulture, $"It came at {storedAt:yyyy-MM-dd HH:mm} UTC and says that it was captured later, so the station's clock was wrong, and the charging day may be."));
        }

        if (IsSure(s, storedAt) && IsSampled(s.Id))
        {
            yield return Case(s, AuditSample, "A sure reading, chosen at random: is it right?");
        }
    }

    // By the id, so that the same sighting is chosen however often it comes.
    private bool IsSampled(Guid id) => review.Value.AuditSampleShare > 0 && System.IO.Hashing.XxHash32.HashToUInt32(id.ToByteArray()) < review.Value.AuditSampleShare * uint.MaxValue;

    private static ReviewCase Case(Sighting s, string kind, string why) => new(kind, why, s.Id, s.CapturedAt, s.StationId, s.Plate, s.Confidence, s.Evidence);
}
