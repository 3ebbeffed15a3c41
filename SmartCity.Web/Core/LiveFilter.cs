using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

/// <summary>What the feed is narrowed to; null is everything. It is the page's address, so that it can be shared.</summary>
/// <param name="Plate">A part of a plate, A–Z and 0–9.</param>
/// <param name="Class">Of the vehicle in the registry.</param>
/// <param name="Zone">Which the station lies in.</param>
public sealed record LiveFilter(string? Station = null, string? Plate = null, string? Class = null, string? Zone = null)
{
    public bool IsEmpty => Station is null && Plate is null && Class is null && Zone is null;

    /// <summary>Of what came in an address or was typed.</summary>
    public static LiveFilter Of(string? station, string? plate, string? vehicleClass, string? zone)
    {
        var letters = new string([.. (plate ?? "").Where(char.IsAsciiLetterOrDigit)]).ToUpperInvariant();
        return new LiveFilter(Some(station), Some(letters), Some(vehicleClass), Some(zone));

        static string? Some(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
    }

    /// <param name="zones">Of each station.</param>
    public bool Fits(SightingView sighting, IReadOnlyDictionary<string, IReadOnlyList<string>> zones) =>
        (Station is null || sighting.StationId == Station)
        && (Plate is null || sighting.Plate?.Contains(Plate, StringComparison.Ordinal) == true)
        && (Class is null || sighting.Vehicle?.Class == Class)
        && (Zone is null || zones.GetValueOrDefault(sighting.StationId)?.Contains(Zone) == true);

    /// <summary>The Live page with it.</summary>
    public string Address() => PlateAddress.Of(CoreClient.Address("", ("station", Station), ("class", Class), ("zone", Zone)), Plate);
}
