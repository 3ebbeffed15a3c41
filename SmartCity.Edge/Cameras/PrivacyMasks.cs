using OpenCvSharp;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Cameras;

/// <summary>Blackens the regions of a camera's frames that nobody may see, before anything is kept, shown or read.</summary>
internal static class PrivacyMasks
{
    public static void Apply(Camera camera, Frame frame)
    {
        if (camera.Masks.Count == 0)
        {
            return;
        }

        foreach (var (plane, black) in frame.Planes)
        {
            foreach (var mask in camera.Masks)
            {
                // One by one: two that overlap would be even-odd in one call.
                plane.FillPoly([mask.Select(p => new Point((int)Math.Round(p[0] * plane.Width), (int)Math.Round(p[1] * plane.Height)))], black);
            }
        }
    }
}
