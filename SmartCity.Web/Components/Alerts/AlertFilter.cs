using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Web.Core;

namespace SmartCity.Web.Components.Alerts;

/// <summary>Which alerts are shown, as the address says it.</summary>
/// <param name="State">A state, or "" for all.</param>
/// <param name="Priority">1 to 5, or 0 for all.</param>
/// <param name="List">The list of the hot-list's entries, or null for all.</param>
/// <param name="Plate">Alerts of one vehicle, or null for all.</param>
/// <param name="Urgent">Whether the most urgent come first, and not the newest.</param>
public sealed record AlertFilter(string State = AlertFilter.Open, int Priority = 0, string? List = null, string? Plate = null, bool Urgent = false)
{
    public const string Open = "open";
    private const string All = "all";
    private const string ByPriority = "priority";

    public static IReadOnlyList<string> States { get; } = [Open, "acknowledged", "escalated", "resolved", "dismissed"];

    /// <summary>What somebody still has to deal with takes no reason; to look for one vehicle does.</summary>
    public bool IsWork => Plate is null && State is Open or "acknowledged" or "escalated";

    /// <summary>Whether it leaves out any open alert.</summary>
    public bool Narrows => Priority != 0 || List is not null || Plate is not null;

    public string? Sort => Urgent ? ByPriority : null;

    public string Address => PlateAddress.Of(CoreClient.Address(
        "alerts", ("state", State.Length == 0 ? All : State == Open ? null : State), ("priority", Priority == 0 ? null : Priority.ToString(CultureInfo.InvariantCulture)), ("list", List), ("sort", Sort)), Plate);

    public static AlertFilter Of(string? state, int? priority, string? list, string? plate, string? sort) => new(
        state is not null && States.Contains(state) ? state : state == All ? "" : Open,
        priority is >= 1 and <= 5 ? priority.Value : 0,
        string.IsNullOrWhiteSpace(list) ? null : list,
        PlateOf(plate),
        sort == ByPriority);

    /// <summary>A plate as it is typed or stands in an address; null for none.</summary>
    public static string? PlateOf(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>Whether an alert that was just raised belongs to what is shown.</summary>
    public bool Has(AlertView alert) =>
        (State.Length == 0 || State == alert.State) && (Priority == 0 || Priority == alert.Priority) && (List is null || List == alert.List) && (Plate is null || Plate == alert.Plate);

    /// <summary>Where an alert that was just raised goes in a list that is sorted so.</summary>
    public int PlaceIn(List<AlertView> alerts, AlertView raised)
    {
        var place = alerts.FindIndex(a => Urgent && a.Priority != raised.Priority ? a.Priority > raised.Priority : a.RaisedAt <= raised.RaisedAt);
        return place >= 0 ? place : Urgent ? alerts.Count : 0;
    }
}
