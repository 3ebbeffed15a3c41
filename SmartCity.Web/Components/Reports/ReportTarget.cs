using SmartCity.Contracts.Api;
using SmartCity.Web.Core;

namespace SmartCity.Web.Components.Reports;

/// <summary>The list behind a figure, and what one needs to see it.</summary>
/// <param name="Scope">Without it there is no link.</param>
public sealed record ReportTarget(string Address, string Scope)
{
    /// <summary>Charges of a scheme and day.</summary>
    public static ReportTarget Charges(DateOnly day, string? scheme) => new(CoreClient.Address("charges", ("day", day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)), ("scheme", scheme)), Contracts.Api.Scope.ChargesRead);

    /// <summary>The search for vehicles that passed a station.</summary>
    public static ReportTarget Vehicles(string station, DateOnly from, DateOnly to) => new(CoreClient.Address("vehicles", CoreClient.Days(from, to).Prepend(("stations", station))), Contracts.Api.Scope.VehiclesSearch);

    /// <summary>The search for vehicles of a class.</summary>
    public static ReportTarget OfClass(string name, DateOnly from, DateOnly to) => new(CoreClient.Address("vehicles", CoreClient.Days(from, to).Prepend(("class", name))), Contracts.Api.Scope.VehiclesSearch);

    /// <summary>Cases of what a version of the reader has read.</summary>
    public static ReportTarget Review(string version) => new(CoreClient.Address("review", ("version", version)), Contracts.Api.Scope.ReviewWrite);

    /// <summary>What passes a station now.</summary>
    public static ReportTarget Live(string station) => new(CoreClient.Address("", ("station", station)), Contracts.Api.Scope.LiveRead);
}
