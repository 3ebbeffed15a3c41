namespace SmartCity.Contracts.Api;

/// <summary>
/// What a person or a key may do. Every route of the API requires one of these; a role is a set of them (see <see cref="Role"/>),
/// an API key holds them one by one.
/// </summary>
public static class Scope
{
    /// <summary>Type of the claims that hold the scopes.</summary>
    public const string Claim = "scope";

    /// <summary>Stations, sightings, pictures, passages and what happens now.</summary>
    public const string LiveRead = "live:read";

    public const string AlertsRead = "alerts:read";

    /// <summary>Acknowledge, dismiss, escalate, send again.</summary>
    public const string AlertsWrite = "alerts:write";

    public const string HotlistRead = "hotlist:read";
    public const string HotlistWrite = "hotlist:write";

    /// <summary>Search vehicles, registry records, journeys. Each call gives a reason, which is audited.</summary>
    public const string VehiclesSearch = "vehicles:search";

    /// <summary>See the names of keepers in full; without it they are masked.</summary>
    public const string KeeperRead = "keeper:read";

    public const string ChargesRead = "charges:read";

    /// <summary>The review queue and its pictures.</summary>
    public const string ReviewRead = "review:read";

    /// <summary>Confirm or correct a reading; charges follow.</summary>
    public const string ReviewWrite = "review:write";

    public const string ReportsRead = "reports:read";
    public const string OpsRead = "ops:read";

    /// <summary>Replay or discard dead letters.</summary>
    public const string OpsWrite = "ops:write";

    public const string AuditRead = "audit:read";

    /// <summary>Stations, cameras, zones, tariffs, webhooks, registry imports, retention.</summary>
    public const string CityWrite = "city:write";

    /// <summary>For edges: read which cameras to run, with their addresses and passwords, and the hashed plates of the hot-list.</summary>
    public const string EdgeConfig = "edge:config";

    /// <summary>Users and API keys.</summary>
    public const string AccessWrite = "access:write";

    public static IReadOnlyList<string> All { get; } =
    [
        LiveRead, AlertsRead, AlertsWrite, HotlistRead, HotlistWrite, VehiclesSearch, KeeperRead, ChargesRead,
        ReviewRead, ReviewWrite, ReportsRead, OpsRead, OpsWrite, AuditRead, CityWrite, EdgeConfig, AccessWrite,
    ];
}
