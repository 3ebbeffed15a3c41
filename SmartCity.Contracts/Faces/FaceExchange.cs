namespace SmartCity.Contracts.Faces;

/// <summary>
/// The body of <c>POST /api/edge/faces?station=…</c>: what the edge did under the orders that it holds. The answer is <see cref="FaceOrders"/>.
/// An edge without orders sends an empty list. It asks every few seconds: an order that is not given again within its lease is over.
/// </summary>
/// <param name="Key">Public key of the edge's <see cref="FaceKeyPair"/>, made for this exchange alone.</param>
/// <param name="IsLast">The edge stops and wants no orders: the answer has none.</param>
public sealed record FaceExchange(IReadOnlyList<FaceReport> Reports, byte[] Key, bool IsLast = false);

/// <summary>Counts of one station since the order came, which only rise. A report is sent again until it was answered.</summary>
/// <param name="Deployment">Id of the deployment record.</param>
/// <param name="Run">One time that a process held the order, so that counts of a process that began anew add up.</param>
/// <param name="Faces">Faces that were found.</param>
/// <param name="Refused">Looks that were not good enough to compare, by <see cref="FaceRefusal"/>.</param>
/// <param name="Passes">Passes of one person before one camera: in the end as many as were compared and had too few good looks.</param>
/// <param name="Comparisons">Pooled looks that were compared with the list.</param>
/// <param name="Matches">Comparisons that were near enough to ask a person.</param>
/// <param name="Lost">Matches that could not be brought to the core before the order was over, and were destroyed.</param>
/// <param name="DestroyedAt">When the templates of the list were destroyed here. Null while they are held, or a camera or the link still has anything of people who were seen under the order: with it, the counts are the last ones.</param>
public sealed record FaceReport(
    Guid Deployment, Guid Run, long Faces, IReadOnlyDictionary<string, long> Refused, long Passes, long Comparisons, long Matches, long Lost, DateTimeOffset? DestroyedAt);

/// <summary>Why a look at a face is not compared.</summary>
public static class FaceRefusal
{
    public const string Small = "small";
    public const string Turned = "turned";
    public const string Blurred = "blurred";
    public const string Dark = "dark";
    public const string Bright = "bright";

    /// <summary>The picture's edge cuts it.</summary>
    public const string Cut = "cut";

    /// <summary>The pass ended, or its order did, before there were enough good looks.</summary>
    public const string FewLooks = "few-looks";

    public static IReadOnlyList<string> All { get; } = [Small, Turned, Blurred, Dark, Bright, Cut, FewLooks];
}

/// <summary>All that the station is to do now. What it holds and is not named here is destroyed at once.</summary>
/// <param name="Key">Public key of the core's pair, for which and for the edge's the templates are sealed.</param>
public sealed record FaceOrders(IReadOnlyList<FaceOrder> Orders, byte[] Key);

/// <summary>A deployment that is in force at a station.</summary>
/// <param name="Deployment">Id of the deployment record.</param>
/// <param name="Cameras">Its cameras of this station, at least one.</param>
/// <param name="From">UTC.</param>
/// <param name="Until">UTC; nothing is computed at or after it.</param>
/// <param name="Lease">How long the order holds after this answer. Without a link to the core it ends with the lease.</param>
/// <param name="Descriptor">The descriptor that made the templates, by its name in the models' catalogue. An edge with another one computes nothing and says so.</param>
/// <param name="Threshold">The distance below which a pooled look is near enough to ask a person, in the descriptor's own measure.</param>
/// <param name="Templates">The watch-list. To be held in memory alone, never written.</param>
public sealed record FaceOrder(
    Guid Deployment, IReadOnlyList<string> Cameras, DateTimeOffset From, DateTimeOffset Until, TimeSpan Lease, string Descriptor, double Threshold, IReadOnlyList<FaceTemplate> Templates);

/// <summary>One picture of one entry of a watch-list.</summary>
/// <param name="Entry">Id of the entry; an entry may have up to five templates.</param>
/// <param name="Sealed">Little-endian float32, as many as the descriptor gives, sealed by the exchange's <see cref="FaceSeal"/>.</param>
public sealed record FaceTemplate(Guid Entry, byte[] Sealed);

/// <summary>
/// The body of <c>POST /api/edge/faces/matches?station=…</c>: a pass that was near to an entry. It goes straight to the core and never through Kafka,
/// a spool or the object store, so that it can be destroyed at once. The core takes one <see cref="Id"/> once.
/// </summary>
/// <param name="Id">UUID of version 7.</param>
/// <param name="At">Capture time of the best look, UTC.</param>
/// <param name="Entry">The nearest entry.</param>
/// <param name="Distance">To the entry's nearest template.</param>
/// <param name="Looks">Good looks that were pooled.</param>
/// <param name="Picture">JPEG of the best look with some room about the face; every other face in it is blurred.</param>
public sealed record FaceMatch(Guid Id, Guid Deployment, string Camera, DateTimeOffset At, Guid Entry, double Distance, int Looks, byte[] Picture);
