using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Faces;

/// <summary>What the core calls by a word, for people.</summary>
internal static class FaceWording
{
    public static string State(string state) => state switch
    {
        FaceDeploymentState.Draft => Say("Draft: nobody has signed it"),
        FaceDeploymentState.SignedOnce => Say("Signed by one person; a second one must sign it"),
        FaceDeploymentState.SignedTwice => Say("Signed; it has not begun"),
        FaceDeploymentState.InForce => Say("In force"),
        FaceDeploymentState.Over => Say("Over"),
        FaceDeploymentState.NeverSigned => Say("Over; two people never signed it"),
        FaceDeploymentState.Revoked => Say("Revoked"),
        _ => state,
    };

    public static string Category(string category) => category switch
    {
        FaceCategory.Warrant => Say("court warrant"),
        FaceCategory.Missing => Say("missing person"),
        FaceCategory.Danger => Say("danger to others"),
        _ => category,
    };

    public static string Nearness(string how) => how switch
    {
        FaceNearness.Same => Say("the same picture"),
        FaceNearness.VeryNear => Say("very near"),
        _ => Say("near|alike"),
    };

    public static string Refusal(string reason) => reason switch
    {
        FaceRefusal.Cut => Say("cut by the picture's edge"),
        FaceRefusal.FewLooks => Say("too few good looks"),
        FaceRefusal.Small => Say("too small"),
        FaceRefusal.Dark => Say("too dark"),
        FaceRefusal.Bright => Say("too bright"),
        FaceRefusal.Turned => Say("turned away"),
        _ => reason,
    };

    /// <summary>What came of an answer, for whoever gave it.</summary>
    public static string Outcome(string outcome) => outcome switch
    {
        "second-needed" => Say("Your answer is saved. Another reviewer must answer too."),
        "true" => Say("Confirmed by two people. Tell the officer in charge; SmartCity does nothing further."),
        "false" => Say("Dismissed. The picture is destroyed."),
        _ => Say("Not resolved: two people do not agree that it is the same person. The picture is destroyed."),
    };
}
