using System.Numerics;
using OpenCvSharp;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Paints the street of a plan as the camera would show it without traffic. Takes a good part of a second: once for a camera, not for a frame.</summary>
internal static class StreetPainter
{
    private const float Alike = .04f;

    /// <summary>Height × width × 3, 8 bit, BGR. The caller disposes it.</summary>
    public static Mat Paint(StreetPlan plan, Weather weather)
    {
        var light = StreetLight.Of(weather);
        var rays = new StreetRays(plan, light);
        var street = new Mat(Scene.Height, Scene.Width, MatType.CV_8UC3);
        for (var row = 0; row < Scene.Height; row++)
        {
            var pixels = street.AsSpan<Vec3b>().Slice(row * Scene.Width, Scene.Width);
            for (var column = 0; column < pixels.Length; column++)
            {
                pixels[column] = Lens.Develop(Pixel(rays, plan.View, column, row));
            }
        }

        Stand(street, plan, weather, light, rays);
        Lens.Soften(street);
        return street;
    }

    // Two rays, and two more where something small or an edge makes them differ.
    private static Vector3 Pixel(StreetRays rays, StreetView view, int column, int row)
    {
        var (a, b) = (Ray(.3f, .2f), Ray(.7f, .8f));
        return Vector3.Distance(a, b) < Alike ? (a + b) / 2 : (a + b + Ray(.8f, .3f) + Ray(.2f, .7f)) / 4;

        Vector3 Ray(float x, float y) => Vector3.Min(rays.Trace(view.Eye, view.Ray(column + x, row + y)), new Vector3(1.6f));
    }

    // What stands in the street, the farthest first.
    private static void Stand(Mat street, StreetPlan plan, Weather weather, StreetLight light, StreetRays rays)
    {
        var parked = plan.Parked.Select(p => (p.Z, Draw: (Action)(() => Park(street, plan, weather, p))));
        var standing = plan.Standing.Select(s => (s.Z, Draw: (Action)(() => Furniture.Draw(street, plan.View, s, light, rays))));
        foreach (var (_, draw) in parked.Concat(standing).OrderByDescending(s => s.Z))
        {
            draw();
        }
    }

    private static void Park(Mat street, StreetPlan plan, Weather weather, Parked parked)
    {
        var vehicle = DemoRegistry.Vehicle(parked.Vehicle);
        if (vehicle.Class is not ("car" or "phv" or "van"))
        {
            return;
        }

        using var sprite = VehicleSprite.Render(vehicle, parked.Front, plan.View, weather, parked.X, parked.Z, plan.View.Scale(parked.Z) * 1.5f, lit: false);
        sprite.Draw(street, plan.View, new Vector3(parked.X, 0, parked.Z));
    }
}
