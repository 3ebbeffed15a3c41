using MudBlazor;
using SmartCity.Contracts.Api;
using static SmartCity.Web.Languages.Words;
using Scope = SmartCity.Contracts.Api.Scope;

namespace SmartCity.Web.Components.Layout;

/// <summary>A page of the menu.</summary>
/// <param name="Path">Relative to the console's address.</param>
/// <param name="Scope">What one needs to see it.</param>
/// <param name="Key">Pressed after g.</param>
internal sealed record ConsolePage(string Path, string Name, string Icon, string Scope, string Key);

internal static class ConsolePages
{
    public static IReadOnlyList<ConsolePage> All =>
    [
        new("", Say("Live"), Icons.Material.Outlined.Sensors, Scope.LiveRead, "l"),
        new("wall", Say("Wall"), Icons.Material.Outlined.GridView, Scope.LiveRead, "w"),
        new("alerts", Say("Alerts"), Icons.Material.Outlined.NotificationsActive, Scope.AlertsRead, "a"),
        new("shift", Say("Shift"), Icons.Material.Outlined.Groups, Scope.ShiftsRead, "t"),
        new("vehicles", Say("Vehicles"), Icons.Material.Outlined.DirectionsCar, Scope.VehiclesSearch, "v"),
        new("hotlist", Say("Hot-list"), Icons.Material.Outlined.LocalPolice, Scope.HotlistRead, "h"),
        new("charges", Say("Charges"), Icons.Material.Outlined.CurrencyPound, Scope.ChargesRead, "c"),
        new("review", Say("Review"), Icons.Material.Outlined.RateReview, Scope.ReviewRead, "r"),
        new("investigations", Say("Investigations"), Icons.Material.Outlined.FolderOpen, Scope.InvestigationsRead, "i"),
        new("reports", Say("Reports"), Icons.Material.Outlined.BarChart, Scope.ReportsRead, "p"),
        new("sql", Say("SQL"), Icons.Material.Outlined.Terminal, Scope.SqlRun, "q"),
        new("ops", Say("Ops"), Icons.Material.Outlined.Lan, Scope.OpsRead, "o"),
        new("faces", Say("Faces"), Icons.Material.Outlined.Face, Scope.FacesRead, "f"),
        new("models", Say("Models"), Icons.Material.Outlined.ModelTraining, Scope.ModelsRead, "m"),
        new("audit", Say("Audit"), Icons.Material.Outlined.FactCheck, Scope.AuditRead, "u"),
        new("administration", Say("Administration"), Icons.Material.Outlined.Settings, Scope.CityWrite, "s"),
    ];

    /// <summary>Those that a city has; without faces it shows nothing of them.</summary>
    public static IEnumerable<ConsolePage> In(CityView? city) => All.Where(p => p.Scope != Scope.FacesRead || city is { Faces: true });
}
