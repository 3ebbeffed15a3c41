using Microsoft.Extensions.Options;
using SmartCity.Contracts.Plates;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Alerts;

/// <summary>Finds plates that were typed with O for 0 or I for 1, or the other way round: such an entry is the plate of no vehicle.</summary>
public sealed class TypedPlates(IOptions<SightingOptions> options)
{
    private readonly PlateShape[] _home = [.. PlateShape.All.Where(s => s.Country == options.Value.HomeCountry)];

    /// <summary>
    /// The plate that is probably meant: the commonest at home that looks the same in print, or, when home has none and no country has the plate as it was
    /// typed, the only one abroad. Null if the plate may be right, is a pattern, or nothing better is known.
    /// </summary>
    public string? Meant(string plate)
    {
        if (!PlatePattern.IsExact(plate) || _home.Any(s => s.Fits(plate)))
        {
            return null;
        }

        var others = NearPlates.SameInPrint(plate).ToArray();
        if (others.Length == 0)
        {
            return null;
        }

        if (_home.SelectMany(s => others.Where(s.Fits).Select(o => (Plate: o, s.Prior))).OrderByDescending(o => o.Prior).FirstOrDefault().Plate is { } atHome)
        {
            return atHome;
        }

        return PlateShape.All.Any(s => s.Fits(plate)) ? null : others.Where(o => PlateShape.All.Any(s => s.Fits(o))).Take(2).ToArray() is [var only] ? only : null;
    }

    /// <summary>What is said to people.</summary>
    public static string Why(string plate, string meant) => $"{plate} has no plate's form, but {meant} has, and both look the same in print.";
}
