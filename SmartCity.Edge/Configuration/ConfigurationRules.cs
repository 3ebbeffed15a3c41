using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Models;

namespace SmartCity.Edge.Configuration;

/// <summary>What a configuration must be for an edge to take it. An edge goes on with what it has rather than with what cannot be.</summary>
internal static class ConfigurationRules
{
    private const string Known = "Europe/London";

    /// <summary>What is wrong with one, as a sentence; null when nothing is.</summary>
    public static string? Check(EdgeConfiguration configuration)
    {
        if (configuration.Stations is null || configuration.Stations.Any(s => s is null))
        {
            return "Its answer names no stations.";
        }

        // A system that knows no zones at all cannot tell.
        if (configuration.TimeZone is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _) && TimeZoneInfo.TryFindSystemTimeZoneById(Known, out _))
        {
            return $"Its answer has the time zone '{zone}', which this system does not know.";
        }

        var (stations, cameras) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var station in configuration.Stations)
        {
            if (station.Id is null || !City.IsId(station.Id) || !stations.Add(station.Id))
            {
                return $"Its answer has the station '{station.Id}', which is no id or comes twice.";
            }

            if (station.Name is null || station.Latitude is not (>= -90 and <= 90) || station.Longitude is not (>= -180 and <= 180))
            {
                return $"Its answer has the station '{station.Id}' without a name, or at a place that is not on Earth.";
            }

            if (station.Cameras.Select(c => Check(c, cameras)).FirstOrDefault(w => w is not null) is { } wrong)
            {
                return wrong;
            }
        }

        return configuration.Watched?.Any(w => w is null) == true ? "Its answer names a camera that is watched, without its id."
            : configuration.Models?.Any(m => m is null || IsMissing(m.Order) || IsMissing(m.Manifest)) == true ? "Its answer orders a version of a model without saying which."
            : null;
    }

    private static string? Check(Camera? camera, HashSet<string> cameras) =>
        camera is not { Id: { } id, Source: not null } ? "Its answer has a camera without an id or a source."
        : !City.IsId(id) || !cameras.Add(id) ? $"Its answer has the camera '{id}', which is no id or comes twice."
        : (PrivacyMask.Check(camera.Masks) ?? CameraRecognition.Check(camera.Recognition) ?? CameraMotion.Check(camera.Motion)) is { } problem ? $"Its answer is wrong about the camera '{id}': {problem}"
        : null;

    private static bool IsMissing(SignedText? text) => text is not { Text: not null, Signature: not null };
}
