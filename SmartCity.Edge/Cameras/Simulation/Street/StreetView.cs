using System.Numerics;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// Where a simulated camera hangs and how its lens draws. Metres: x to the right of the road's middle, y up from the road, z along the street from
/// the camera. Upright lines stay upright, as with a lens that is shifted rather than tilted.
/// </summary>
/// <param name="Focal">Focal length in pixels.</param>
/// <param name="Height">Of the camera above the road in metres.</param>
/// <param name="Centre">Column of the picture where the street vanishes.</param>
/// <param name="Horizon">Row of the picture where the street vanishes.</param>
internal readonly record struct StreetView(float Focal, float Height, float Centre, float Horizon)
{
    public Vector3 Eye => new(0, Height, 0);

    /// <summary>Pixels that a metre takes at a distance.</summary>
    public float Scale(float z) => Focal / z;

    public Point2f Project(Vector3 at) => new(Centre + at.X * Focal / at.Z, Horizon + (Height - at.Y) * Focal / at.Z);

    /// <summary>Direction of a pixel, one metre deep.</summary>
    public Vector3 Ray(float column, float row) => new((column - Centre) / Focal, (Horizon - row) / Focal, 1);
}
