using MudBlazor;
using Scope = SmartCity.Contracts.Api.Scope;

namespace SmartCity.Web.Components.Layout;

/// <summary>A page of the menu.</summary>
/// <param name="Path">Relative to the console's address.</param>
/// <param name="Scope">What one needs to see it.</param>
/// <param name="Key">Pressed after g.</param>
internal sealed record ConsolePage(string Path, string Name, string Icon, string Scope, string Key);

internal static class ConsolePages
{
    public static IReadOnlyList<ConsolePage> All { get; } =
    [
        new("", "Live", Icons.Material.Outlined.Sensors, Scope.LiveRead, "l"),
        new("alerts", "Alerts", Icons.Material.Outlined.NotificationsActive, Scope.AlertsRead, "a"),
        new("vehicles", "Vehicles", Icons.Material.Outlined.DirectionsCar, Scope.VehiclesSearch, "v"),
        new("hotlist", "Hot-list", Icons.Material.Outlined.LocalPolice, Scope.HotlistRead, "h"),
        new("charges", "Charges", Icons.Material.Outlined.CurrencyPound, Scope.ChargesRead, "c"),
        new("review", "Review", Icons.Material.Outlined.RateReview, Scope.ReviewRead, "r"),
        new("reports", "Reports", Icons.Material.Outlined.BarChart, Scope.ReportsRead, "p"),
        new("ops", "Ops", Icons.Material.Outlined.Lan, Scope.OpsRead, "o"),
        new("audit", "Audit", Icons.Material.Outlined.FactCheck, Scope.AuditRead, "u"),
        new("administration", "Administration", Icons.Material.Outlined.Settings, Scope.CityWrite, "s"),
    ];
}
