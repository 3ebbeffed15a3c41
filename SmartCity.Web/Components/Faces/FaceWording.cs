using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;

namespace SmartCity.Web.Components.Faces;

/// <summary>What the core calls by a word, for people.</summary>
internal static class FaceWording
{
    public static string State(string state) => state switch
    {
        FaceDeploymentState.Draft => "Draft: nobody has signed it",
        FaceDeploymentState.SignedOnce => "Signed by one person; a second one must sign it",
        FaceDeploymentState.SignedTwice => "Signed; it has not begun",
        FaceDeploymentState.InForce => "In force",
        FaceDeploymentState.Over => "Over",
        FaceDeploymentState.NeverSigned => "Over; two people never signed it",
        FaceDeploymentState.Revoked => "Revoked",
        _ => state,
    };

    public static string Category(string category) => category switch
    {
        FaceCategory.Warrant => "court warrant",
        FaceCategory.Missing => "missing person",
        FaceCategory.Danger => "danger to others",
        _ => category,
    };

    public static string Nearness(string how) => how switch
    {
        FaceNearness.Same => "the same picture",
        FaceNearness.VeryNear => "very near",
        _ => "near",
    };

    public static string Refusal(string reason) => reason switch
    {
        FaceRefusal.Cut => "cut by the picture's edge",
        FaceRefusal.FewLooks => "too few good looks",
        FaceRefusal.Small => "too small",
        FaceRefusal.Dark => "too dark",
        FaceRefusal.Bright => "too bright",
        FaceRefusal.Turned => "turned away",
        _ => reason,
    };

    /// <summary>What came of an answer, for whoever gave it.</summary>
    public static string Outcome(string outcome) => outcome switch
    {
        "second-needed" => "Your answer is saved. Another reviewer must answer too.",
        "true" => "Confirmed by two people. Tell the officer in charge; SmartCity does nothing further.",
        "false" => "Dismissed. The picture is destroyed.",
        _ => "Not resolved: two people do not agree that it is the same person. The picture is destroyed.",
    };
}
