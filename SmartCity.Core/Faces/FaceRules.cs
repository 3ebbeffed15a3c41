using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Faces;

/// <summary>What may be written, signed and compared. Pure.</summary>
internal static class FaceRules
{
    /// <summary>A longer deployment takes a new record, and so new signatures.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public const int MostPictures = 5;
    public const int LargestEnrolmentPicture = 5_000_000;
    public const int LargestMatchPicture = 500_000;

    /// <summary>What an edge pools at least before it compares.</summary>
    public const int FewestLooks = 3;

    // Of the threshold. Faces of one person in good light are mostly nearer.
    private const double VeryNear = 0.75;

    // Two pictures that a program cannot tell apart.
    private const double SamePicture = 0.02;

    private const int LongestText = 500;
    private const int LongestName = 100;
    private const int MostCameras = 200;
    private const double MostFacesAnHour = 1_000_000;
    private static readonly TimeSpan LongestEntry = TimeSpan.FromDays(366);

    /// <summary>How near a distance under the threshold is; null for one that is not under it.</summary>
    public static string? Nearness(double distance, double threshold) =>
        distance >= threshold || double.IsNaN(distance) ? null : distance < VeryNear * threshold ? FaceNearness.VeryNear : FaceNearness.Near;

    /// <summary>As <see cref="Nearness"/> for pictures of a list, which may be the same file twice.</summary>
    public static string? Resemblance(double distance, double threshold) => distance < SamePicture ? FaceNearness.Same : Nearness(distance, threshold);

    /// <summary>What is wrong with a list; null when nothing is.</summary>
    public static string? Check(NewFaceList list) =>
        Text(list.Name, LongestName) is { } name ? $"name {name}" : Text(list.Purpose, LongestText) is { } purpose ? $"purpose {purpose}" : null;

    /// <summary>What is wrong with an entry, its pictures apart; null when nothing is.</summary>
    public static string? Check(NewFaceEntry entry, DateTimeOffset now)
    {
        if (Text(entry.Label, LongestName) is { } label)
        {
            return $"label {label}";
        }

        if (entry.Category is null || !FaceCategory.All.Contains(entry.Category))
        {
            return $"category must be one of {string.Join(", ", FaceCategory.All)}.";
        }

        if (Text(entry.Reason, LongestText) is { } reason)
        {
            return $"reason {reason}";
        }

        if (entry.Minor && Text(entry.Authority, LongestText) is { } authority)
        {
            return $"A minor is enrolled only with a separate authority: authority {authority}";
        }

        if (!entry.Minor && entry.Authority is { Length: > LongestText })
        {
            return $"authority must have at most {LongestText} characters.";
        }

        return !TimeArguments.IsInRange(entry.ExpiresAt.Year) || entry.ExpiresAt <= now || entry.ExpiresAt > now + LongestEntry
            ? $"expiresAt must be in the future, and at most {LongestEntry.TotalDays:0} days from now."
            : entry.Pictures is not { Count: >= 1 and <= MostPictures } ? $"pictures must have 1 to {MostPictures} pictures." : null;
    }

    /// <summary>What is wrong with a deployment; null when nothing is.</summary>
    public static string? Check(NewFaceDeployment deployment, DateTimeOffset now)
    {
        foreach (var (name, text) in new[]
        {
            ("purpose", deployment.Purpose), ("legalBasis", deployment.LegalBasis), ("authoriser", deployment.Authoriser), ("dpia", deployment.Dpia), ("contact", deployment.Contact), ("place", deployment.Place),
        })
        {
            if (Text(text, LongestText) is { } wrong)
            {
                return $"{name} {wrong}";
            }
        }

        if (deployment.Cameras is not { Count: >= 1 and <= MostCameras } || deployment.Cameras.Any(c => string.IsNullOrWhiteSpace(c?.StationId) || string.IsNullOrWhiteSpace(c.CameraId)))
        {
            return $"cameras must name 1 to {MostCameras} cameras, each with stationId and cameraId.";
        }

        if (!TimeArguments.IsInRange(deployment.From.Year) || !TimeArguments.IsInRange(deployment.Until.Year) || deployment.Until <= deployment.From || deployment.Until - deployment.From > Longest)
        {
            return $"until must be after from, and at most {Longest.TotalHours:0} hours after it. A longer deployment takes a new record.";
        }

        return deployment.Until <= now ? "until is in the past."
            : deployment.Threshold is not (> 0 and <= 2) ? "threshold must be above 0 and at most 2."
            : deployment.FacesAnHour is not (> 0 and <= MostFacesAnHour) ? $"facesAnHour must be above 0 and at most {MostFacesAnHour:N0}: how many people are expected to pass the cameras in an hour."
            : null;
    }

    /// <summary>What a deployment is now.</summary>
    /// <param name="signatures">Number of people who have signed.</param>
    public static string State(int signatures, DateTimeOffset from, DateTimeOffset until, bool isRevoked, DateTimeOffset now) =>
        isRevoked ? FaceDeploymentState.Revoked
        : now >= until ? signatures == 2 ? FaceDeploymentState.Over : FaceDeploymentState.NeverSigned
        : signatures == 0 ? FaceDeploymentState.Draft
        : signatures == 1 ? FaceDeploymentState.SignedOnce
        : now >= from ? FaceDeploymentState.InForce : FaceDeploymentState.SignedTwice;

    /// <summary>The outcome of a match after an answer: <c>false</c> as soon as one person says so, <c>true</c> when two people do. Null while a second person is needed.</summary>
    /// <param name="first">What the first person said; null when this is the first.</param>
    public static string? Outcome(string? first, string says) => (first, says) switch
    {
        (_, FaceAnswer.Different) => "false",
        (null, _) => null,
        (FaceAnswer.Same, FaceAnswer.Same) => "true",
        _ => "unresolved",
    };

    /// <summary>Share of people who are not sought for whom somebody will be asked, an hour: each picture is one more chance.</summary>
    public static double FalseAlertsAnHour(double falseMatchRate, int pictures, double facesAnHour) => (1 - Math.Pow(1 - falseMatchRate, pictures)) * facesAnHour;

    /// <summary>What is wrong with a text that must be given; null when nothing is.</summary>
    private static string? Text(string? text, int longest) =>
        string.IsNullOrWhiteSpace(text) ? "is missing." : text.Trim().Length < 3 || text.Length > longest ? $"must have 3 to {longest} characters." : null;
}
