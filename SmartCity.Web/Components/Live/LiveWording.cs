using System.Globalization;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Components.Live;

public static class LiveWording
{
    private static readonly string[] OtherZones = ["#c2557a", "#3f83c8", "#9a7b2f"];

    public static IReadOnlyList<string> Classes { get; } = ["car", "van", "minibus", "hgv", "coach", "motorcycle", "taxi", "phv"];

    public static string Fuel(VehicleView vehicle) => vehicle.Euro is { } euro ? $"{Fuel(vehicle.Fuel)} Euro {euro}" : Fuel(vehicle.Fuel);

    public static string Fuel(string? fuel) => fuel switch { null => "", "hybrid-petrol" => "petrol hybrid", "hybrid-diesel" => "diesel hybrid", _ => fuel };

    public static string Class(string vehicleClass) => vehicleClass switch { "hgv" => "lorry (HGV)", "phv" => "private hire", _ => vehicleClass };

    /// <summary>The same where there is little room.</summary>
    public static string ShortClass(string vehicleClass) => vehicleClass switch { "hgv" => "lorry", "phv" => "private hire", _ => vehicleClass };

    public static string Zone(string zone) => zone switch { "congestion" => "Congestion charge", _ => zone.ToUpperInvariant() };

    /// <summary>Of its outline on the map; those of no known scheme get one by their place in the list.</summary>
    public static string ZoneColour(string zone, int index) => zone switch
    {
        "congestion" => "#d99a00",
        "ulez" => "#1f9d76",
        "lez" => "#8a6fd1",
        _ => OtherZones[index % OtherZones.Length],
    };

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string State(string state) => state switch { "up" => "working", "down" => "no heartbeat", _ => "no heartbeat yet" };
}
