using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;

namespace SmartCity.Core.Vehicles;

/// <summary>What a search may ask.</summary>
internal static class VehicleSearchRules
{
    private static readonly HashSet<string> Classes = ["car", "van", "minibus", "hgv", "coach", "motorcycle", "taxi", "phv"];

    /// <summary>What is wrong with a search, for people; null when nothing is.</summary>
    public static string? Check(VehicleSearch search) =>
        search.Plate is not null && PlatePattern.Normalise(search.Plate) is null ? "plate must have 1 to 12 characters of A-Z and 0-9, at least one of them; ? stands for one character and * for any number."
        : search.Class is not null && !Classes.Contains(search.Class.ToLowerInvariant()) ? $"class must be one of {string.Join(", ", Classes)}."
        : search.From >= search.To ? "from must be before to."
        : search is { Plate: null, Make: null, Colour: null, Class: null, Stations: null or { Length: 0 }, From: null, To: null } ? "Give something to look for: a plate or a pattern, make, colour, class, stations or times."
        : null;

    /// <summary>Without the empty texts that forms and links send.</summary>
    public static VehicleSearch Clean(VehicleSearch search) => search with
    {
        Plate = Given(search.Plate),
        Make = Given(search.Make),
        Colour = Given(search.Colour),
        Class = Given(search.Class),
    };

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
