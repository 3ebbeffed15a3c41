using SmartCity.Contracts.Api;
using SmartCity.Web.Core;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Shifts;

internal static class ShiftWording
{
    /// <summary>Where one sees what an entry refers to; null when it has gone, or the reader may see nothing of it there.</summary>
    public static string? Address(ShiftLogEntry entry) => entry.Kind switch
    {
        ShiftReference.Alert => $"alerts/{entry.About}",
        ShiftReference.Charge => $"charges/{entry.About}",
        ShiftReference.Vehicle => PlateAddress.Of("vehicles", entry.About),
        ShiftReference.Station => CoreClient.Address("", ("station", entry.About)),
        ShiftReference.Case when entry.SightingId is { } sighting => $"sightings/{sighting}",
        _ => null,
    };

    /// <summary>What one needs to see it.</summary>
    public static string Scope(string kind) => kind switch
    {
        ShiftReference.Alert => Contracts.Api.Scope.AlertsRead,
        ShiftReference.Charge => Contracts.Api.Scope.ChargesRead,
        ShiftReference.Vehicle => Contracts.Api.Scope.VehiclesSearch,
        _ => Contracts.Api.Scope.LiveRead,
    };

    /// <summary>What it is called in a sentence.</summary>
    /// <param name="station">Name of a station by its id.</param>
    public static string Name(string kind, string about, Func<string, string> station) => kind switch
    {
        ShiftReference.Vehicle => Say("vehicle {0}", about),
        ShiftReference.Station => station(about),
        ShiftReference.Alert => Say("the alert"),
        ShiftReference.Charge => Say("the charge"),
        ShiftReference.Case => Say("the case"),
        _ => kind,
    };

    /// <summary>How bad it is for a part of the pipeline.</summary>
    public static string Fault(string state) => state switch { "degraded" => Say("degraded"), "failed" => Say("failed"), _ => state };
}
