using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// The simulated camera: on a post beside the lane that it watches, looking along the street. Metres: x to the right, y up, z away from the camera; the
/// watched lane's centre is at x = 0, the ground at y = 0.
/// </summary>
internal static class View
{
    public const int Width = 1280;
    public const int Height = 720;

    /// <summary>Of the lens above the ground.</summary>
    public const float EyeHeight = 2.2f;

    private const float Focal = 1900;
    private const float CentreX = Width / 2f;
    private const float HorizonY = 210;

    public static Vector3 Eye { get; } = new(0, EyeHeight, 0);

    /// <summary>A pixel's ray; z is 1.</summary>
    public static Vector3 Ray(float x, float y) => new((x - CentreX) / Focal, (HorizonY - y) / Focal, 1);

    /// <summary>Where a point in front of the camera is in the picture.</summary>
    public static Vector2 Project(Vector3 point) => new(CentreX + Focal * point.X / point.Z, HorizonY + Focal * (EyeHeight - point.Y) / point.Z);

    /// <summary>Pixels that a metre has at a distance.</summary>
    public static float PixelsPerMetre(float z) => Focal / z;
}
