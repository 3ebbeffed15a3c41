using System.Text.Json.Serialization;

namespace SmartCity.Contracts.Api;

/// <summary><c>GET /api/faces</c>: what holds for every deployment.</summary>
/// <param name="Descriptor">By its name in the models' catalogue.</param>
/// <param name="CannotEnrol">Why no picture can be taken into a watch-list here; null when one can.</param>
/// <param name="Threshold">The distance that the descriptor's author recommends.</param>
/// <param name="MostEntries">Of one watch-list.</param>
/// <param name="MostFalseAlertsAnHour">A deployment with more to be expected cannot be signed.</param>
/// <param name="Undecided">A match that nobody decided in this time is destroyed.</param>
/// <param name="KeepConfirmed">How long the picture of a confirmed match is kept.</param>
/// <param name="Cameras">In service.</param>
public sealed record FacesView(string Descriptor, string? CannotEnrol, double Threshold, int MostEntries, double MostFalseAlertsAnHour, TimeSpan Undecided, TimeSpan KeepConfirmed, IReadOnlyList<FaceCamera> Cameras);

/// <summary>Where a deployment may be.</summary>
public sealed record FaceCamera(string StationId, string StationName, string CameraId);

/// <summary>Why somebody may be sought.</summary>
public static class FaceCategory
{
    /// <summary>A court has ordered an arrest.</summary>
    public const string Warrant = "warrant";

    /// <summary>A person who is missing and may be in danger.</summary>
    public const string Missing = "missing";

    /// <summary>Somebody who is likely to harm others, by an order that names the person.</summary>
    public const string Danger = "danger";

    public static IReadOnlyList<string> All { get; } = [Warrant, Missing, Danger];
}

/// <summary>A watch-list without what is on it.</summary>
/// <param name="Entries">Confirmed ones that have not expired.</param>
/// <param name="Proposed">Those that wait for a second person.</param>
/// <param name="Pictures">Of the confirmed entries.</param>
public sealed record FaceListView(Guid Id, string Name, string Purpose, string Descriptor, int Entries, int Proposed, int Pictures, string CreatedBy, DateTimeOffset CreatedAt);

/// <summary>The body of <c>POST /api/faces/lists</c>.</summary>
public sealed record NewFaceList(string? Name, string? Purpose);

/// <summary><c>GET /api/faces/lists/{id}</c>, for which a reason is given.</summary>
public sealed record FaceListContent(FaceListView List, IReadOnlyList<FaceEntryView> Entries) : IRows
{
    public int Rows => Entries.Count;
}

/// <summary>Somebody who is sought.</summary>
/// <param name="Label">How the officers name the person: a name or a reference.</param>
/// <param name="Category">One of <see cref="FaceCategory"/>.</param>
/// <param name="Authority">For a minor: who allowed it, and with which reference.</param>
/// <param name="Pictures">Their numbers; each is at <c>/api/faces/entries/{id}/pictures/{number}</c>.</param>
/// <param name="ConfirmedBy">Null while it waits for a second person; until then it is looked for nowhere.</param>
/// <param name="Resembles">Other entries of the list whose pictures are near to this one's.</param>
public sealed record FaceEntryView(
    Guid Id, string Label, string Category, string Reason, bool Minor, string? Authority, DateTimeOffset ExpiresAt, IReadOnlyList<int> Pictures,
    string ProposedBy, DateTimeOffset ProposedAt, string? ConfirmedBy, DateTimeOffset? ConfirmedAt, IReadOnlyList<FaceResemblance> Resembles);

/// <param name="Entry">The other one.</param>
/// <param name="How">One of <see cref="FaceNearness"/>.</param>
public sealed record FaceResemblance(Guid Entry, string Label, string How);

/// <summary>How near two faces are. People never see the number: it says less than it seems to.</summary>
public static class FaceNearness
{
    /// <summary>The very picture.</summary>
    public const string Same = "same-picture";

    public const string VeryNear = "very-near";
    public const string Near = "near";
}

/// <summary>The body of <c>POST /api/faces/lists/{id}/entries</c>.</summary>
/// <param name="Reason">Why the person is sought.</param>
/// <param name="Pictures">One to five, each of this person alone.</param>
public sealed record NewFaceEntry(string? Label, string? Category, string? Reason, bool Minor, string? Authority, [property: JsonConverter(typeof(NeededEndConverter))] DateTimeOffset ExpiresAt, IReadOnlyList<FacePictureFile>? Pictures);

/// <param name="Name">Of the file, to name it when it is refused. It is not kept.</param>
/// <param name="Bytes">JPEG or PNG.</param>
public sealed record FacePictureFile(string? Name, byte[]? Bytes);

/// <summary>What became of an entry's pictures.</summary>
/// <param name="Entry">Null when no picture was good enough.</param>
public sealed record FaceEnrolment(Guid? Entry, int Taken, IReadOnlyList<FacePictureRefusal> Refused);

/// <param name="Why">In plain English.</param>
public sealed record FacePictureRefusal(string Name, string Why);

/// <summary><c>GET /api/faces/lists/{id}/estimate</c>: what is to be expected of people who are not sought.</summary>
/// <param name="Pictures">That each passing face is compared with.</param>
/// <param name="FalseMatchRate">Share of comparisons of different people that match, 0–1: the upper bound, never 0.</param>
/// <param name="Source">Where the bound is from.</param>
/// <param name="FacesAnHour">As reckoned with: the larger of what was said and what was measured.</param>
/// <param name="Measured">Passes an hour at these stations in earlier deployments; null without one.</param>
/// <param name="FalseAlertsAnHour">(1 − (1 − FMR)^pictures) × faces an hour.</param>
/// <param name="Most">More cannot be signed.</param>
public sealed record FaceEstimate(int Pictures, double FalseMatchRate, string Source, double FacesAnHour, double? Measured, double FalseAlertsAnHour, double Most);

/// <summary>A camera that a deployment covers.</summary>
public sealed record FacePlace(string? StationId, string? CameraId);

/// <summary>The body of <c>POST /api/faces/deployments</c>.</summary>
/// <param name="Authoriser">Name and office of who decided it.</param>
/// <param name="Dpia">Reference of the data protection impact assessment.</param>
/// <param name="Contact">Whom passers-by ask; it stands on the public notice.</param>
/// <param name="Place">As people name it, for the public notice.</param>
/// <param name="Until">At most 24 hours after the beginning.</param>
/// <param name="Threshold">A pooled look nearer than this is a question for a person.</param>
/// <param name="FacesAnHour">How many people are expected to pass.</param>
public sealed record NewFaceDeployment(
    string? Purpose, string? LegalBasis, string? Authoriser, string? Dpia, string? Contact, string? Place, IReadOnlyList<FacePlace>? Cameras, Guid List, [property: JsonConverter(typeof(NeededBeginConverter))] DateTimeOffset From, [property: JsonConverter(typeof(NeededEndConverter))] DateTimeOffset Until, double Threshold, double FacesAnHour);

/// <summary>A deployment record. What it says is never changed; signatures and a revocation are added.</summary>
/// <param name="State">One of <see cref="FaceDeploymentState"/>.</param>
/// <param name="List">Null when the list was deleted since.</param>
/// <param name="CannotSign">Why nobody can sign it now; null when a second person can, or when it needs none.</param>
/// <param name="Stations">What its edges were given and have confirmed.</param>
/// <param name="Counts">Of all its stations.</param>
public sealed record FaceDeploymentView(
    Guid Id, string State, string Purpose, string LegalBasis, string Authoriser, string Dpia, string Contact, string Place, IReadOnlyList<FacePlace> Cameras, Guid? List, string ListName,
    DateTimeOffset From, DateTimeOffset Until, double Threshold, double FacesAnHour, FaceEstimate? Estimate, string? CannotSign, string WrittenBy, DateTimeOffset WrittenAt, IReadOnlyList<FaceSignature> Signatures,
    string? RevokedBy, DateTimeOffset? RevokedAt, string? RevokedFor, IReadOnlyList<FaceStationView> Stations, FaceCounts Counts);

public sealed record FaceSignature(string By, DateTimeOffset At);

/// <summary>What a deployment is, as its facts have it.</summary>
public static class FaceDeploymentState
{
    public const string Draft = "draft";
    public const string SignedOnce = "signed-once";

    /// <summary>By two people, and it has not begun.</summary>
    public const string SignedTwice = "signed";

    public const string InForce = "in-force";
    public const string Over = "over";

    /// <summary>Its time has gone by without two signatures.</summary>
    public const string NeverSigned = "never-signed";

    public const string Revoked = "revoked";
}

/// <summary>A station of a deployment.</summary>
/// <param name="OrderedAt">When its edge was last given the list; null if never.</param>
/// <param name="HeldUntil">When the last order's lease ends, or ended: without the core no edge goes on after it.</param>
/// <param name="DestroyedAt">When its edge says that the templates were destroyed; null while it has not said so.</param>
public sealed record FaceStationView(string StationId, DateTimeOffset? OrderedAt, DateTimeOffset? HeldUntil, DateTimeOffset? DestroyedAt);

/// <summary>What edges and people did.</summary>
/// <param name="Faces">Faces that were found.</param>
/// <param name="Refused">Looks that were not good enough, by reason.</param>
/// <param name="Passes">Passes of one person before one camera.</param>
/// <param name="Comparisons">With a watch-list.</param>
/// <param name="Matches">That edges report.</param>
/// <param name="Received">Matches that came to the core.</param>
/// <param name="True">Confirmed by two people.</param>
/// <param name="False">Dismissed.</param>
/// <param name="Unresolved">Nobody could tell, or nobody decided in time.</param>
/// <param name="Waiting">For a person.</param>
/// <param name="Lost">Destroyed at an edge because they could not be brought to the core in time.</param>
/// <param name="Destroyed">Pictures of matches that are destroyed.</param>
public sealed record FaceCounts(
    long Faces, IReadOnlyDictionary<string, long> Refused, long Passes, long Comparisons, long Matches, long Received, long True, long False, long Unresolved, long Waiting, long Lost, long Destroyed);

/// <summary>A match that waits for a person, without its pictures.</summary>
/// <param name="Nearness"><see cref="FaceNearness"/>.</param>
/// <param name="Looks">That were pooled.</param>
/// <param name="Enrolled">Numbers of the entry's pictures: <c>/api/faces/matches/{id}/enrolled/{number}</c>.</param>
/// <param name="Second">Another person has answered, and a second one is needed. What the first one said is not shown.</param>
/// <param name="Mine">Whoever asks has answered already.</param>
/// <param name="ExpiresAt">Then it is destroyed undecided.</param>
public sealed record FaceMatchView(
    Guid Id, Guid Deployment, string StationId, string CameraId, DateTimeOffset At, string Label, string Category, string Reason, string Nearness, int Looks, IReadOnlyList<int> Enrolled, bool Second, bool Mine, DateTimeOffset ExpiresAt);

/// <summary>What a reviewer says to a match.</summary>
public static class FaceAnswer
{
    public const string Same = "same";
    public const string Different = "different";
    public const string CannotTell = "cannot-tell";

    public static IReadOnlyList<string> All { get; } = [Same, Different, CannotTell];
}

/// <summary>The body of <c>POST /api/faces/matches/{id}/answer</c>.</summary>
/// <param name="Says">One of <see cref="FaceAnswer"/>.</param>
public sealed record FaceMatchAnswer(string? Says);

/// <summary>What came of an answer.</summary>
/// <param name="Outcome"><c>second-needed</c>, <c>true</c>, <c>false</c> or <c>unresolved</c>.</param>
public sealed record FaceMatchOutcome(Guid Id, string Outcome);

/// <summary><c>GET /api/faces/report?month=2026-11</c>. A deployment belongs to the month in which it began, in the city's time.</summary>
public sealed record FaceReportView(string Month, FaceCounts Total, IReadOnlyList<FaceReportRow> Deployments);

/// <param name="Stations">Number of its stations.</param>
/// <param name="Confirmed">Those whose edges have confirmed that the templates are destroyed, or never had any.</param>
public sealed record FaceReportRow(Guid Id, string Place, string ListName, DateTimeOffset From, DateTimeOffset Until, string State, int Stations, int Confirmed, FaceCounts Counts);
