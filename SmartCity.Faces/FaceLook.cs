using System.Numerics;

namespace SmartCity.Faces;

/// <summary>How well a face is seen.</summary>
/// <param name="EyeDistance">Pixels between the eyes, in the picture.</param>
/// <param name="Roll">Degrees by which the line between the eyes leans; 0 is upright. The detector shows a strong lean too small: 40 degrees as about 25.</param>
/// <param name="Yaw">How far the nose is from the middle between the eyes, in distances between the eyes; 0 is straight ahead, 0.5 is a profile.</param>
/// <param name="Pitch">How far down the nose is between the eyes and the mouth: about 0.55 straight ahead, less looking up, more looking down.</param>
/// <param name="Sharpness">How much of the face's contrast is in its finest detail, at the size that it is compared at; a blurred face has little.</param>
/// <param name="Brightness">Of the face, 0–255.</param>
/// <param name="Outside">Part of the face that lies outside the picture, 0–1.</param>
public sealed record FaceLook(double EyeDistance, double Roll, double Yaw, double Pitch, double Sharpness, double Brightness, double Outside)
{
    internal static FaceLook Of(FoundFace face, FaceChip chip)
    {
        var points = face.Points;
        var eyes = points.RightEye - points.LeftEye;
        var distance = Math.Max(eyes.Length(), 1e-3f);
        var (along, across) = (eyes / distance, new Vector2(-eyes.Y, eyes.X) / distance);
        var fromEyes = points.Nose - (points.LeftEye + points.RightEye) / 2;
        var mouth = Vector2.Dot((points.LeftMouth + points.RightMouth - points.LeftEye - points.RightEye) / 2, across);
        var (sharpness, brightness) = Measure(chip);
        return new FaceLook(
            distance,
            Math.Atan2(eyes.Y, eyes.X) * 180 / Math.PI,
            Vector2.Dot(fromEyes, along) / distance,
            mouth > 1e-3f ? Vector2.Dot(fromEyes, across) / mouth : 0,
            sharpness,
            brightness,
            chip.Outside);
    }

    // The middle of the chip is face alone. Detail is what the Laplacian leaves, beside the contrast: neither a dark nor a flat picture counts as blurred.
    private static (double Sharpness, double Brightness) Measure(FaceChip chip)
    {
        var (from, to) = (chip.Side / 5, chip.Side * 4 / 5);
        double sum = 0, squares = 0, detail = 0;
        var count = (to - from) * (to - from);
        for (var y = from; y < to; y++)
        {
            for (var x = from; x < to; x++)
            {
                var here = At(x, y);
                var laplacian = At(x - 1, y) + At(x + 1, y) + At(x, y - 1) + At(x, y + 1) - 4 * here;
                (sum, squares, detail) = (sum + here, squares + here * here, detail + laplacian * laplacian);
            }
        }

        var mean = sum / count;
        return (detail / count / Math.Max(1, squares / count - mean * mean), mean);

        double At(int x, int y)
        {
            var i = (y * chip.Side + x) * 3;
            return 0.114 * chip.Values[i] + 0.587 * chip.Values[i + 1] + 0.299 * chip.Values[i + 2];
        }
    }
}
