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

    /// <summary>Ask the city by SQL: without plates, unless the caller may search vehicles and see keepers, and gives a reason.</summary>
    public const string SqlRun = "sql:run";

    public const string OpsRead = "ops:read";

    /// <summary>Replay or discard dead letters.</summary>
    public const string OpsWrite = "ops:write";

    /// <summary>Versions of models, what runs where, datasets and trainings.</summary>
    public const string ModelsRead = "models:read";

    /// <summary>Train, import, promote and roll back models.</summary>
    public const string ModelsWrite = "models:write";

    /// <summary>Investigations, with their notes, files and copies of sightings, alerts and charges.</summary>
    public const string InvestigationsRead = "investigations:read";

    /// <summary>Open, change and close investigations, and add to them what one may see.</summary>
    public const string InvestigationsWrite = "investigations:write";

    /// <summary>Evidence packages of what one may see, for people outside. Each call gives a reason, which is audited.</summary>
    public const string EvidenceExport = "evidence:export";

    /// <summary>The log of the control room's shifts, who is on duty and what waits.</summary>
    public const string ShiftsRead = "shifts:read";

    /// <summary>Write into the log, hand a shift over and take one over.</summary>
    public const string ShiftsWrite = "shifts:write";

    /// <summary>Write notes on vehicles and stations, and remove one's own. Whoever may see the vehicle or the station sees them.</summary>
    public const string NotesWrite = "notes:write";

    public const string AuditRead = "audit:read";

    /// <summary>Stations, cameras, zones, tariffs, webhooks, registry imports, retention.</summary>
    public const string CityWrite = "city:write";

    /// <summary>For whoever answers requests under data protection law: everything that is stored of a plate, and its erasure. Each call gives a reason, which is audited.</summary>
    public const string PrivacyWrite = "privacy:write";

    /// <summary>For edges: read which cameras to run, with their addresses and passwords, and the hashed plates of the hot-list.</summary>
    public const string EdgeConfig = "edge:config";

    /// <summary>Users and API keys.</summary>
    public const string AccessWrite = "access:write";

    /// <summary>Deployments of facial recognition, their watch-lists by name, and the monthly report; no picture and nobody's name.</summary>
    public const string FacesRead = "faces:read";

    /// <summary>Who is on a watch-list: propose, confirm and remove entries, see their pictures.</summary>
    public const string FacesEnrol = "faces:enrol";

    /// <summary>Write, sign and revoke deployment records.</summary>
    public const string FacesDeploy = "faces:deploy";

    /// <summary>Decide whether a match shows the person who is sought; for trained reviewers.</summary>
    public const string FacesReview = "faces:review";

    public static IReadOnlyList<string> All { get; } =
    [
        LiveRead, AlertsRead, AlertsWrite, HotlistRead, HotlistWrite, VehiclesSearch, KeeperRead, ChargesRead,
        ReviewRead, ReviewWrite, ReportsRead, SqlRun, OpsRead, OpsWrite, ModelsRead, ModelsWrite, InvestigationsRead, InvestigationsWrite, EvidenceExport, ShiftsRead, ShiftsWrite, NotesWrite, AuditRead, CityWrite, PrivacyWrite, EdgeConfig, AccessWrite, FacesRead, FacesEnrol, FacesDeploy, FacesReview,
    ];

    /// <summary>What no role has by being powerful, but only by being trained and named for it.</summary>
    public static IReadOnlyList<string> Faces { get; } = [FacesRead, FacesEnrol, FacesDeploy, FacesReview];
}
