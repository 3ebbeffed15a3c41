using SmartCity.Contracts;
using SmartCity.Recognition;

namespace SmartCity.Edge.Cameras.Events;

/// <summary>One reading from ours and the camera's own. Alone, the camera's is never sure enough to charge anybody.</summary>
internal static class EventVote
{
    /// <summary>The most that the camera's reading counts for: less than <see cref="Sighting.LeastSure"/>.</summary>
    public const double Most = 0.89;

    private const double MostOurs = 0.9999;

    public static PlateRead Of(PlateRead ours, CameraReading camera)
    {
        if (camera.Plate is not { } plate)
        {
            return ours;
        }

        var guess = ours.Plate ?? ours.BestGuess;
        var (o, t) = (guess.Length == 0 ? 0 : Math.Min(ours.Confidence, MostOurs), Math.Min(camera.Confidence, Most));
        if (guess == plate)
        {
            // The camera sees no more of the plate, and nothing of its country.
            var most = ours.SeenInPart ? Calibration.InPart : ours.MayBeAnyones ? Most : 1;
            return ours with { Plate = plate, Confidence = Math.Round(Math.Min(1 - (1 - o) * (1 - t), most), 4) };
        }

        // At most one of the two is right, and a person says which.
        var (ourShare, theirShare) = (o * (1 - t), t * (1 - o));
        var all = ourShare + theirShare + (1 - o) * (1 - t);
        (ourShare, theirShare) = (Math.Round(Math.Min(ourShare / all, Most), 4), Math.Round(theirShare / all, 4));
        return theirShare > ourShare
            ? ours with { Plate = plate, BestGuess = plate, Confidence = theirShare, Country = null, Format = null, Characters = [], Alternatives = guess.Length == 0 ? [] : [new PlateAlternative(guess, ourShare), .. ours.Alternatives] }
            : ours with { Confidence = ourShare, Alternatives = [new PlateAlternative(plate, theirShare), .. ours.Alternatives] };
    }
}
