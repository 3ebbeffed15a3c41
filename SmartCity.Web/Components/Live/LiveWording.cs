using System.Globalization;
using SmartCity.Contracts.Api;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Live;

public static class LiveWording
{
    private static readonly string[] OtherZones = ["#c2557a", "#3f83c8", "#9a7b2f"];

    public static IReadOnlyList<string> Classes { get; } = ["car", "van", "minibus", "hgv", "coach", "motorcycle", "taxi", "phv"];

    public static string Fuel(VehicleView vehicle) => vehicle.Euro is { } euro ? $"{Fuel(vehicle.Fuel)} Euro {euro}" : Fuel(vehicle.Fuel);

    public static string Fuel(string? fuel) => fuel switch
    {
        null => "",
        "petrol" => Say("petrol"),
        "diesel" => Say("diesel"),
        "electric" => Say("electric"),
        "hydrogen" => Say("hydrogen"),
        "gas" => Say("gas"),
        "hybrid-petrol" => Say("petrol hybrid"),
        "hybrid-diesel" => Say("diesel hybrid"),
        _ => fuel,
    };

    public static string Class(string vehicleClass) => vehicleClass == "hgv" ? Say("lorry (HGV)") : ShortClass(vehicleClass);

    /// <summary>The same where there is little room.</summary>
    public static string ShortClass(string vehicleClass) => vehicleClass switch
    {
        "car" => Say("car"),
        "van" => Say("van"),
        "minibus" => Say("minibus"),
        "hgv" => Say("lorry"),
        "coach" => Say("coach"),
        "motorcycle" => Say("motorcycle"),
        "taxi" => Say("taxi"),
        "phv" => Say("private hire"),
        _ => vehicleClass,
    };

    public static string Zone(string zone) => zone switch { "congestion" => Say("Congestion charge"), _ => zone.ToUpperInvariant() };

    /// <summary>Of its outline on the map; those of no known scheme get one by their place in the list.</summary>
    public static string ZoneColour(string zone, int index) => zone switch
    {
        "congestion" => "#d99a00",
        "ulez" => "#1f9d76",
        "lez" => "#8a6fd1",
        _ => OtherZones[index % OtherZones.Length],
    };

    public static string Count(long count) => count.ToString("N0", CultureInfo.CurrentCulture);

    public static string State(string state) => state switch { "up" => Say("working"), "down" => Say("no heartbeat"), _ => Say("no heartbeat yet") };

    /// <summary>What the map library says itself, by its own keys.</summary>
    public static IReadOnlyDictionary<string, string> MapControls => new Dictionary<string, string>
    {
        ["AttributionControl.ToggleAttribution"] = Say("Toggle attribution"),
        ["Map.Title"] = Say("Map"),
        ["Marker.Title"] = Say("Map marker"),
        ["NavigationControl.ZoomIn"] = Say("Zoom in"),
        ["NavigationControl.ZoomOut"] = Say("Zoom out"),
    };
}
