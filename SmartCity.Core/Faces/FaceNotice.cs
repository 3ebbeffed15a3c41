using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Faces;

/// <summary>What stands on the sign at the place, in plain text. Pure.</summary>
internal static class FaceNotice
{
    public static string Of(FaceDeploymentView deployment, ChargingCity city, FaceOptions options)
    {
        string[] warning = deployment.State switch
        {
            FaceDeploymentState.SignedTwice or FaceDeploymentState.InForce => [],
            FaceDeploymentState.Draft or FaceDeploymentState.SignedOnce => ["NOT SIGNED: two people have not signed this deployment. Do not display this notice.", ""],
            _ => ["OVER: this deployment has ended. Take this notice down.", ""],
        };
        return string.Join('\n',
        [
            .. warning,
            "FACIAL RECOGNITION IN USE",
            "",
            $"Where: {deployment.Place}",
            $"When: {Local(deployment.From)} to {Local(deployment.Until)}",
            $"Why: {deployment.Purpose}",
            $"Legal basis: {deployment.LegalBasis}",
            $"Decided by: {deployment.Authoriser}",
            $"Impact assessment: {deployment.Dpia}",
            "",
            "Cameras here compare the faces of people who pass with a list of people who are sought.",
            "If your face resembles nobody on the list, nothing about it is kept or sent anywhere.",
            "If it does, two trained people look at a picture of it before anybody acts.",
            $"If one of them says that it is not the person sought, or nobody can tell, the picture is destroyed at once; if nobody decides, after {options.Undecided.TotalHours:0.#} hours.",
            "",
            $"Questions, and your rights: {deployment.Contact}",
            "",
        ]);

        string Local(DateTimeOffset at) => city.Local(at).ToString("d MMMM yyyy HH:mm", CultureInfo.InvariantCulture);
    }
}
