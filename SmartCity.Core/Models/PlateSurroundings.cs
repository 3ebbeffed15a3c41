using SkiaSharp;

namespace SmartCity.Core.Models;

/// <summary>
/// The part of an evidence picture that is kept for training beside the plate's own picture: the plate with as much as its width on both sides, and twice its
/// height above and below, as far as the picture goes. Other programs train a detector on it.
/// </summary>
/// <param name="Jpeg">The part, as JPEG.</param>
/// <param name="Box">x, y, width and height of the plate in it, in pixels.</param>
internal sealed record PlateSurroundings(byte[] Jpeg, int[] Box)
{
    private const int Quality = 90;
    private const int HeightsAround = 2;

    /// <param name="evidence">A JPEG or PNG.</param>
    /// <param name="box">x, y, width and height of the plate in it, in pixels.</param>
    /// <returns>Null where it is no picture, or the plate does not lie in it.</returns>
    public static PlateSurroundings? Cut(byte[] evidence, IReadOnlyList<int> box)
    {
        if (box is not [var x, var y, > 0 and var width, > 0 and var height])
        {
            return null;
        }

        using var picture = SKBitmap.Decode(evidence);
        if (picture is null)
        {
            return null;
        }

        var plate = SKRectI.Intersect(SKRectI.Create(x, y, width, height), picture.Info.Rect);
        var part = SKRectI.Intersect(SKRectI.Inflate(SKRectI.Create(x, y, width, height), width, HeightsAround * height), picture.Info.Rect);
        using var cut = new SKBitmap();
        if (plate.IsEmpty || !picture.ExtractSubset(cut, part))
        {
            return null;
        }

        using var jpeg = cut.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return new PlateSurroundings(jpeg.ToArray(), [plate.Left - part.Left, plate.Top - part.Top, plate.Width, plate.Height]);
    }
}
