using MudBlazor;
using SmartCity.Contracts.Api;
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
        new("wall", "Wall", Icons.Material.Outlined.GridView, Scope.LiveRead, "w"),
        new("alerts", "Alerts", Icons.Material.Outlined.NotificationsActive, Scope.AlertsRead, "a"),
        new("shift", "Shift", Icons.Material.Outlined.Groups, Scope.ShiftsRead, "t"),
        new("vehicles", "Vehicles", Icons.Material.Outlined.DirectionsCar, Scope.VehiclesSearch, "v"),
        new("hotlist", "Hot-list", Icons.Material.Outlined.LocalPolice, Scope.HotlistRead, "h"),
        new("charges", "Charges", Icons.Material.Outlined.CurrencyPound, Scope.ChargesRead, "c"),
        new("review", "Review", Icons.Material.Outlined.RateReview, Scope.ReviewRead, "r"),
        new("investigations", "Investigations", Icons.Material.Outlined.FolderOpen, Scope.InvestigationsRead, "i"),
        new("reports", "Reports", Icons.Material.Outlined.BarChart, Scope.ReportsRead, "p"),
        new("sql", "SQL", Icons.Material.Outlined.Terminal, Scope.SqlRun, "q"),
        new("ops", "Ops", Icons.Material.Outlined.Lan, Scope.OpsRead, "o"),
        new("faces", "Faces", Icons.Material.Outlined.Face, Scope.FacesRead, "f"),
        new("models", "Models", Icons.Material.Outlined.ModelTraining, Scope.ModelsRead, "m"),
        new("audit", "Audit", Icons.Material.Outlined.FactCheck, Scope.AuditRead, "u"),
        new("administration", "Administration", Icons.Material.Outlined.Settings, Scope.CityWrite, "s"),
    ];

    /// <summary>Those that a city has; without faces it shows nothing of them.</summary>
    public static IEnumerable<ConsolePage> In(CityView? city) => All.Where(p => p.Scope != Scope.FacesRead || city is { Faces: true });
}
