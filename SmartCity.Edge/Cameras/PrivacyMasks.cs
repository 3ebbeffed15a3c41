using OpenCvSharp;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Cameras;

/// <summary>Blackens the regions of a camera's frames that nobody may see, before anything is kept, shown or read.</summary>
internal static class PrivacyMasks
{
    public static void Apply(Camera camera, Mat image)
    {
        if (camera.Masks.Count == 0)
        {
            return;
        }

        var polygons = camera.Masks.Select(mask => mask.Select(p => new Point((int)Math.Round(p[0] * image.Width), (int)Math.Round(p[1] * image.Height))));
        foreach (var polygon in polygons)
        {
            // One by one: two that overlap would be even-odd in one call.
            image.FillPoly([polygon], Scalar.Black);
        }
    }
}
