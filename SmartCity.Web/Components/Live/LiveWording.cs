using System.Globalization;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Components.Live;

internal static class LiveWording
{
    public static IReadOnlyList<string> Classes { get; } = ["car", "van", "minibus", "hgv", "coach", "motorcycle", "taxi", "phv"];

    public static string Fuel(VehicleView vehicle) => vehicle.Euro is { } euro ? $"{vehicle.Fuel} Euro {euro}" : vehicle.Fuel ?? "";

    public static string Class(string vehicleClass) => vehicleClass switch { "hgv" => "lorry (HGV)", "phv" => "private hire", _ => vehicleClass };

    public static string Zone(string zone) => zone switch { "congestion" => "Congestion charge", _ => zone.ToUpperInvariant() };

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string State(string state) => state switch { "up" => "working", "down" => "silent", _ => "never heard from" };
}
