using Microsoft.Extensions.Options;
using SmartCity.Contracts.Plates;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Alerts;

/// <summary>Finds plates and patterns that were typed with O for 0 or I for 1, or the other way round: such an entry is the plate of no vehicle.</summary>
public sealed class TypedPlates(IOptions<SightingOptions> options)
{
    private readonly PlateShape[] _home = [.. PlateShape.All.Where(s => s.Country == options.Value.HomeCountry)];

    /// <summary>
    /// The plate that is probably meant: the commonest at home that looks the same in print, or, when home has none and no country has the plate as it was
    /// typed, the only one abroad. The same for a pattern with ? or one *. Null if it may be right, or nothing better is known.
    /// </summary>
    public string? Meant(string plate)
    {
        if (plate.Count(c => c == '*') > 1 || _home.Any(s => Fits(s, plate)))
        {
            return null;
        }

        var others = NearPlates.SameInPrint(plate).ToArray();
        if (others.Length == 0)
        {
            return null;
        }

        if (_home.SelectMany(s => others.Where(o => Fits(s, o)).Select(o => (Plate: o, s.Prior))).OrderByDescending(o => o.Prior).FirstOrDefault().Plate is { } atHome)
        {
            return atHome;
        }

        return PlateShape.All.Any(s => Fits(s, plate)) ? null : others.Where(o => PlateShape.All.Any(s => Fits(s, o))).Take(2).ToArray() is [var only] ? only : null;
    }

    // Whether a plate of the shape may match the pattern.
    private static bool Fits(PlateShape shape, string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return pattern.Length == shape.Places.Length && Begins(shape, pattern, 0);
        }

        var end = pattern[(star + 1)..];
        return pattern.Length - 1 <= shape.Places.Length && Begins(shape, pattern[..star], 0) && Begins(shape, end, shape.Places.Length - end.Length);
    }

    private static bool Begins(PlateShape shape, string text, int at)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '?' && (shape.Places[at + i] & (1UL << PlateShape.Alphabet.IndexOf(text[i], StringComparison.Ordinal))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What is said to people.</summary>
    public static string Why(string plate, string meant) => $"{plate} has no plate's form, but {meant} has, and both look the same in print.";
}
