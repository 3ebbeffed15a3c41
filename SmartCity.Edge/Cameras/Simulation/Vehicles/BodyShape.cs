using System.Numerics;
using SmartCity.Contracts.Api;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A rectangle on the face of a vehicle, mirrored about its middle: metres from the middle and above the road.</summary>
internal readonly record struct Patch(float Inner, float Outer, float Low, float High)
{
    /// <summary>0 outside to 1 inside, with corners rounded.</summary>
    public float Covers(float x, float y, float soft = .012f)
    {
        var (halfX, halfY) = ((Outer - Inner) / 2, (High - Low) / 2);
        var round = Math.Min(Math.Min(halfX, halfY), .05f);
        var dx = Math.Max(0, MathF.Abs(MathF.Abs(x) - (Inner + Outer) / 2) - halfX + round);
        var dy = Math.Max(0, MathF.Abs(y - (Low + High) / 2) - halfY + round);
        return 1 - Grain.Step(round, soft, MathF.Sqrt(dx * dx + dy * dy));
    }
}

/// <summary>
/// The outside of a vehicle as the side that faces the camera shows it. Metres: x from its middle, y above the road, z from its nearest point away
/// from the camera.
/// </summary>
internal sealed record BodyShape
{
    /// <summary>The outline from the bumper's lower edge up and back over the roof: (z, y).</summary>
    public required Vector2[] Outline { get; init; }

    public required float Length { get; init; }

    public required float HalfWidth { get; init; }

    /// <summary>Half the width of the roof.</summary>
    public required float HalfRoof { get; init; }

    /// <summary>Height where panes begin.</summary>
    public required float Belt { get; init; }

    /// <summary>Height where panes end.</summary>
    public required float Header { get; init; }

    public required float Roof { get; init; }

    /// <summary>How far the corners lie behind the middle.</summary>
    public required float Corner { get; init; }

    public required Patch Lamps { get; init; }

    public required Patch Grille { get; init; }

    public required Patch Intake { get; init; }

    /// <summary>Height of the plate's middle.</summary>
    public required float Plate { get; init; }

    public float Wheel { get; init; } = .32f;

    /// <summary>From the nearest point to the nearest axle.</summary>
    public float Axle { get; init; } = .85f;

    /// <summary>The load's box behind a lorry's cab: half its width, height, distance behind the bumper.</summary>
    public Vector3? Box { get; init; }

    /// <summary>Doors instead of a pane.</summary>
    public bool Doors { get; init; }

    public bool Decks { get; init; }

    public bool ForHire { get; init; }

    public bool SideWindows { get; init; } = true;

    /// <summary>Half the width at a height.</summary>
    public float Half(float y) => y < Belt
        ? HalfWidth - .05f * MathF.Pow(Math.Clamp((.62f - y) / .5f, 0, 1), 2)
        : float.Lerp(HalfWidth, HalfRoof, MathF.Pow(Math.Clamp((y - Belt) / (Roof - Belt), 0, 1), 1.25f));

    /// <summary>Height of the outline at a distance behind the nearest point.</summary>
    public float TopAt(float z)
    {
        for (var i = 1; i < Outline.Length; i++)
        {
            var (a, b) = (Outline[i - 1], Outline[i]);
            if (z <= b.X && b.X > a.X && a.Y > .5f)
            {
                return float.Lerp(a.Y, b.Y, Math.Clamp((z - a.X) / (b.X - a.X), 0, 1));
            }
        }

        return Outline[^1].Y;
    }

    public static BodyShape Of(VehicleView vehicle, bool front) => vehicle.Class switch
    {
        "hgv" => front ? LargeShapes.Lorry : LargeShapes.LorryRear,
        "coach" => vehicle.Make == "Volvo" ? LargeShapes.Coach(front) : LargeShapes.DoubleDecker(front),
        "van" or "minibus" => LargeShapes.Van(front, windows: vehicle.Class == "minibus", small: vehicle.GrossKg < 2600),
        "taxi" => CarShapes.Taxi(front),
        _ => CarShapes.Car(vehicle, front),
    };
}
