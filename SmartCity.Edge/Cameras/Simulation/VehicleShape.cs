using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// The measures of a kind of vehicle in metres. Profiles give the height of the middle line for distances from the end that is seen: up the front or
/// the tail, over the bonnet or boot, up the glass, along the roof.
/// </summary>
/// <param name="Belt">Height under the side windows.</param>
/// <param name="Roof">Half width of the roof as a share of the half width below.</param>
/// <param name="Corner">How far the corners of the end are drawn back.</param>
/// <param name="Glass">Where along the profile the window of this end begins and ends.</param>
internal sealed record VehicleShape(float Width, float Belt, float Roof, float Corner, (float From, float To) Glass, Vector2[] Profile)
{
    private const float Sill = .2f;
    private const int Around = 11;

    /// <summary>Distances along the vehicle at which its outline is taken.</summary>
    private static readonly float[] Stations = [0, .02f, .06f, .14f, .28f, .45f, .65f, .85f, 1.05f, 1.2f, 1.35f, 1.5f, 1.65f, 1.8f, 2.1f, 2.6f, 3.2f, 3.8f];

    public float PlateHeight { get; init; } = .48f;

    public float Tall => Profile.Max(p => p.Y);

    public bool Boxy => Roof > .9f;

    public static VehicleShape Of(string vehicleClass, bool front) => (vehicleClass, front) switch
    {
        ("hgv", true) => new(2.5f, 1.7f, .97f, .12f, (.03f, .16f), [new(0, 1.35f), new(.02f, 1.65f), new(.14f, 2.75f), new(.5f, 3.0f), new(1.6f, 3.05f), new(1.7f, 3.8f), new(3.8f, 3.85f)]) { PlateHeight = .62f },
        ("hgv", false) => new(2.5f, 1.2f, 1, 0, (9, 9), [new(0, 3.85f), new(3.8f, 3.9f)]) { PlateHeight = .8f },
        ("coach", true) => new(2.5f, 1.25f, .95f, .2f, (.02f, .22f), [new(0, 1.1f), new(.03f, 1.2f), new(.16f, 2.75f), new(.3f, 3.1f), new(3.8f, 3.2f)]) { PlateHeight = .55f },
        ("coach", false) => new(2.5f, 1.5f, .95f, .1f, (.02f, .16f), [new(0, 1.7f), new(.03f, 1.9f), new(.12f, 2.8f), new(.3f, 3.15f), new(3.8f, 3.2f)]) { PlateHeight = .7f },
        ("van" or "minibus", true) => new(1.98f, 1.12f, .9f, .3f, (.62f, 1.4f), [new(0, .9f), new(.08f, 1.0f), new(.6f, 1.2f), new(1.4f, 2.0f), new(1.8f, 2.15f), new(3.8f, 2.2f)]) { PlateHeight = .45f },
        ("van" or "minibus", false) => new(1.98f, 1.12f, .93f, .08f, (.03f, .1f), [new(0, 1.2f), new(.04f, 1.25f), new(.1f, 2.0f), new(.3f, 2.16f), new(3.8f, 2.2f)]) { PlateHeight = .78f },
        ("taxi", true) => new(1.86f, 1.0f, .78f, .34f, (1.1f, 1.75f), [new(0, .72f), new(.06f, .84f), new(1.05f, 1.08f), new(1.75f, 1.72f), new(2.3f, 1.84f), new(3.8f, 1.82f)]),
        ("taxi", false) => new(1.86f, 1.0f, .8f, .2f, (.14f, .5f), [new(0, .8f), new(.06f, .98f), new(.14f, 1.06f), new(.5f, 1.7f), new(1, 1.82f), new(3.8f, 1.8f)]) { PlateHeight = .7f },
        (_, true) => new(1.8f, .92f, .72f, .4f, (1.12f, 1.9f), [new(0, .62f), new(.05f, .72f), new(.3f, .82f), new(1.1f, .98f), new(1.9f, 1.42f), new(2.5f, 1.48f), new(3.8f, 1.4f)]),
        (_, false) => new(1.8f, .94f, .72f, .26f, (.2f, .85f), [new(0, .78f), new(.04f, .94f), new(.18f, 1.0f), new(.85f, 1.4f), new(1.4f, 1.47f), new(3.8f, 1.42f)]) { PlateHeight = .72f },
    };

    /// <summary>Points of the surface, ring after ring from the end that is seen, each ring from the left sill over the top to the right one; x, y, and z along the vehicle.</summary>
    public Vector3[,] Surface()
    {
        var rings = Stations.Length + 1;
        var surface = new Vector3[rings, Around * 2 - 1];
        for (var ring = 0; ring < rings; ring++)
        {
            // The first ring is the middle of the end itself, so that the end is closed.
            var along = Stations[Math.Max(0, ring - 1)];
            for (var i = 0; i < Around; i++)
            {
                var point = ring == 0 ? HalfRing(0, i) with { X = 0, Z = Boxy ? 0 : -.035f } : HalfRing(along, i);
                surface[ring, i] = point with { X = -point.X };
                surface[ring, (Around - 1) * 2 - i] = point;
            }
        }

        return surface;
    }

    /// <summary>Height of the middle line.</summary>
    public float At(float along)
    {
        for (var i = 1; i < Profile.Length; i++)
        {
            if (along <= Profile[i].X)
            {
                var share = (along - Profile[i - 1].X) / Math.Max(1e-4f, Profile[i].X - Profile[i - 1].X);
                return float.Lerp(Profile[i - 1].Y, Profile[i].Y, Math.Clamp(share, 0, 1));
            }
        }

        return Profile[^1].Y;
    }

    // From the sill up the side, over the shoulder, up the window, to the middle of the top.
    private Vector3 HalfRing(float along, int i)
    {
        var top = At(along);
        var half = Width / 2 * (1 - Corner * MathF.Exp(-along / .11f) * .5f);
        var belt = Math.Min(top - .05f, Belt);
        var cabin = Math.Max(0, top - Belt - .06f);
        var roof = half * float.Lerp(.86f, Roof, Math.Clamp(cabin / .35f, 0, 1));
        var shoulder = half * (Boxy ? 1 : .95f);
        var (x, y) = i switch
        {
            0 => (half * .9f, Sill),
            1 => (half * .97f, Sill + .08f),
            2 => (half, float.Lerp(Sill, belt, .5f)),
            3 => (half * .995f, float.Lerp(Sill, belt, .8f)),
            4 => (shoulder, belt),
            5 => (float.Lerp(shoulder, roof, .12f), float.Lerp(belt, top, .15f)),
            6 => (float.Lerp(shoulder, roof, .5f), float.Lerp(belt, top, .5f)),
            7 => (float.Lerp(shoulder, roof, .88f), float.Lerp(belt, top, .84f)),
            8 => (roof * .93f, float.Lerp(belt, top, .95f)),
            9 => (roof * .6f, float.Lerp(belt, top, .99f)),
            _ => (0, top),
        };
        return new Vector3(x, y, along);
    }
}
