using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Parts;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Live;

/// <summary>One character of a reading and what else it may be.</summary>
/// <param name="Confidence">Probability 0–1 that the character is right, whatever is the matter with the rest of the plate.</param>
/// <param name="Others">Other characters with their probabilities, likeliest first.</param>
public sealed record ReadingPlace(char Character, double Confidence, IReadOnlyList<(char Character, double Confidence)> Others);

/// <summary>
/// What the doubt about a reading is about. The reader says how clear each character is, and how probable each whole plate is. Characters can all be clear
/// while the plate is not: what the other plates differ in is where the doubt is.
/// </summary>
public sealed class ReadingPlaces
{
    // Less than this nobody looks at.
    private const double Least = 0.005;

    private ReadingPlaces(string plate, IReadOnlyList<ReadingPlace> places, IReadOnlyList<PlateAlternative> longer, double unexplained) =>
        (Plate, Places, OfOtherLength, Unexplained) = (plate, places, longer, unexplained);

    /// <summary>What the camera read.</summary>
    public string Plate { get; }

    public IReadOnlyList<ReadingPlace> Places { get; }

    /// <summary>Readings with more or fewer characters: a character may be missing or be none.</summary>
    public IReadOnlyList<PlateAlternative> OfOtherLength { get; }

    /// <summary>Probability 0–1 of all that is not in the alternatives, beyond what the characters themselves leave open.</summary>
    public double Unexplained { get; }

    /// <summary>Null when the camera read no plate.</summary>
    public static ReadingPlaces? Of(SightingView sighting)
    {
        if ((sighting.Decision is { } decision ? decision.Read : sighting.Plate) is not { } plate)
        {
            return null;
        }

        var same = sighting.Alternatives.Where(a => a.Plate.Length == plate.Length && a.Plate != plate).ToList();
        var places = plate.Select((character, at) =>
        {
            var others = same.Where(a => a.Plate[at] != character).GroupBy(a => a.Plate[at])
                .Select(g => (Character: g.Key, Confidence: g.Sum(a => a.Confidence))).Where(o => o.Confidence >= Least).OrderByDescending(o => o.Confidence).ToList();
            var clear = sighting.Characters.Count == plate.Length ? sighting.Characters[at] : sighting.Confidence;
            return new ReadingPlace(character, Math.Clamp(Math.Min(clear, 1 - others.Sum(o => o.Confidence)), 0, 1), others);
        }).ToList();
        var open = 1 - sighting.Confidence - sighting.Alternatives.Where(a => a.Plate != plate).Sum(a => a.Confidence);
        var ofCharacters = 1 - places.Aggregate(1.0, (all, p) => all * (p.Others.Count == 0 ? p.Confidence : 1));
        return new ReadingPlaces(plate, places, [.. sighting.Alternatives.Where(a => a.Plate.Length != plate.Length && a.Confidence >= Least)], Math.Max(0, open - ofCharacters));
    }

    /// <summary>What is in doubt, as a sentence; null when nothing is worth one.</summary>
    public string? Doubt
    {
        get
        {
            var parts = Places.Select((p, i) => (Place: p, Number: i + 1)).Where(p => p.Place.Others.Count > 0)
                .Select(p => Say("character {0} may be {1} instead of {2}", p.Number, p.Place.Others.Select(o => $"{o.Character} ({Wording.Sure(o.Confidence)})").Aggregate((one, other) => Say("{0} or {1}", one, other)), p.Place.Character))
                .Concat(OfOtherLength.Select(a => Say("the plate may be {0} ({1})", a.Plate, Wording.Sure(a.Confidence)))).ToList();
            if (Unexplained >= 0.05)
            {
                parts.Add(parts.Count == 0
                    ? Say("each character is clear, but there is a {0} chance that they are not a complete number plate", Wording.Sure(Unexplained))
                    : Say("there is a {0} chance that they are not a complete number plate", Wording.Sure(Unexplained)));
            }

            return parts.Count == 0 ? null : char.ToUpperInvariant(parts[0][0]) + string.Join("; ", parts)[1..] + ".";
        }
    }
}
