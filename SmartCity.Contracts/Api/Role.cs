namespace SmartCity.Contracts.Api;

/// <summary>The roles that a user may have. What each may do is <see cref="ScopesOf"/>.</summary>
public static class Role
{
    /// <summary>Sees vehicles pass, and nothing else.</summary>
    public const string Viewer = "viewer";

    /// <summary>Watches, acknowledges alerts, reviews readings.</summary>
    public const string Operator = "operator";

    /// <summary>Searches vehicles, giving a reason.</summary>
    public const string Investigator = "investigator";

    /// <summary>Reports and charges.</summary>
    public const string Analyst = "analyst";

    public const string Administrator = "administrator";

    public static IReadOnlyList<string> All { get; } = [Viewer, Operator, Investigator, Analyst, Administrator];

    /// <summary>What a role may do; nothing for a role that is not known.</summary>
    public static IReadOnlyList<string> ScopesOf(string role) => role switch
    {
        Viewer => [Scope.LiveRead],
        Operator => [Scope.LiveRead, Scope.AlertsRead, Scope.AlertsWrite, Scope.HotlistRead, Scope.ChargesRead, Scope.ReviewRead, Scope.ReviewWrite, Scope.OpsRead],
        Investigator => [Scope.LiveRead, Scope.AlertsRead, Scope.AlertsWrite, Scope.HotlistRead, Scope.HotlistWrite, Scope.VehiclesSearch, Scope.KeeperRead, Scope.ChargesRead],
        Analyst => [Scope.LiveRead, Scope.ChargesRead, Scope.ReportsRead, Scope.OpsRead],
        Administrator => Scope.All,
        _ => [],
    };
}
