using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>How a surface of a vehicle looks under a street's light: the sky above, the houses beside and the road below mirrored in paint and glass.</summary>
internal sealed class BodyLight(StreetLight light)
{
    private readonly Vector3 _sun = Vector3.Normalize(new Vector3(.45f, .8f, -.5f));
    private readonly Vector3 _ambient = light.Ambient + light.Lamp * .28f;

    /// <param name="normal">Of length one, towards the outside.</param>
    /// <param name="towards">From the camera to the point, of length one.</param>
    /// <param name="height">Above the road in metres.</param>
    public Vector3 Shade(Surface surface, Vector3 normal, Vector3 towards, float height)
    {
        var facing = -Vector3.Dot(normal, towards);
        if (facing < 0)
        {
            (normal, facing) = (-normal, -facing);
        }

        var low = .45f + .55f * Math.Clamp(height / .7f, 0, 1);
        var diffuse = (.5f + .42f * normal.Y + .34f * Math.Max(0, Vector3.Dot(normal, _sun))) * low;
        var mirrored = Around(Vector3.Reflect(towards, normal));
        var edge = MathF.Pow(1 - facing, 5);
        var mirror = surface.Gloss * (.16f + .16f * surface.Gloss * surface.Gloss + 1.1f * edge);
        return Vector3.Lerp(surface.Colour * _ambient * diffuse, mirrored, Math.Min(.85f, mirror)) + surface.Glow;
    }

    private Vector3 Around(Vector3 direction)
    {
        var up = direction.Y;
        if (up < 0)
        {
            return Grain.Rgb(92, 91, 90) * _ambient * (.5f + .5f * MathF.Exp(up * 3));
        }

        var houses = Grain.Rgb(96, 84, 72) * _ambient * (.45f + .4f * Grain.Smooth(direction.X * 7 + 3, up * 9, 5));
        var sky = Vector3.Lerp(light.Skyline, light.Zenith, Math.Clamp(up * 1.1f, 0, 1)) * 1.08f;
        return Vector3.Lerp(houses, sky, Grain.Step(.34f + .2f * MathF.Abs(direction.X), .16f, up));
    }
}
