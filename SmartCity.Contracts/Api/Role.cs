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

    /// <summary>All but faces: whoever manages users and servers does not decide whom cameras look for.</summary>
    public const string Administrator = "administrator";

    /// <summary>Keeps watch-lists of faces, writes and signs deployment records. Nothing comes of it without a second officer.</summary>
    public const string FacesOfficer = "faces-officer";

    /// <summary>Trained to compare faces: decides whether a match shows the person who is sought.</summary>
    public const string FacesReviewer = "faces-reviewer";

    /// <summary>Sees what is deployed, the reports and the audit; decides nothing.</summary>
    public const string DataProtectionOfficer = "data-protection-officer";

    public static IReadOnlyList<string> All { get; } = [Viewer, Operator, Investigator, Analyst, Administrator, FacesOfficer, FacesReviewer, DataProtectionOfficer];

    /// <summary>What a role may do; nothing for a role that is not known.</summary>
    public static IReadOnlyList<string> ScopesOf(string role) => role switch
    {
        Viewer => [Scope.LiveRead],
        Operator => [Scope.LiveRead, Scope.AlertsRead, Scope.AlertsWrite, Scope.HotlistRead, Scope.ChargesRead, Scope.ReviewRead, Scope.ReviewWrite, Scope.OpsRead, Scope.ModelsRead, Scope.ShiftsRead, Scope.ShiftsWrite, Scope.NotesWrite],
        Investigator => [Scope.LiveRead, Scope.AlertsRead, Scope.AlertsWrite, Scope.HotlistRead, Scope.HotlistWrite, Scope.VehiclesSearch, Scope.KeeperRead, Scope.ChargesRead, Scope.InvestigationsRead, Scope.InvestigationsWrite, Scope.EvidenceExport, Scope.ShiftsRead, Scope.ShiftsWrite, Scope.NotesWrite],
        Analyst => [Scope.LiveRead, Scope.ChargesRead, Scope.ReportsRead, Scope.SqlRun, Scope.OpsRead],
        Administrator => [.. Scope.All.Except(Scope.Faces)],
        FacesOfficer => [Scope.FacesRead, Scope.FacesEnrol, Scope.FacesDeploy],
        FacesReviewer => [Scope.FacesRead, Scope.FacesReview],
        DataProtectionOfficer => [Scope.AuditRead, Scope.FacesRead],
        _ => [],
    };
}
