using System.Numerics;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>One house of a terrace: where it stands along the street and what it is built of.</summary>
/// <param name="From">Metres along the street.</param>
/// <param name="Shop">Whether its ground floor is a shop.</param>
internal sealed record House(float From, float To, float Height, float Storey, Vector3 Wall, Vector3 Trim, Vector3 Door, int Bays, bool Brick, bool Shop, Vector3 Awning, int Seed);

/// <summary>A tree or a lamp on the pavement.</summary>
internal readonly record struct Standing(bool Lamp, float X, float Z, float Height, int Seed);

/// <summary>A car at the kerb.</summary>
internal readonly record struct Parked(float X, float Z, int Vehicle, bool Front);

/// <summary>What stands in a street, worked out from a seed. Lengths in metres.</summary>
internal sealed class StreetPlan
{
    public const float Lane = 1.55f;
    public const float Kerb = 5.1f;
    public const float Pavement = 8.2f;
    public const float Length = 190;
    public const float LampHeight = 7.5f;

    private static readonly Vector3[] Bricks =
        [Grain.Rgb(150, 128, 96), Grain.Rgb(163, 140, 104), Grain.Rgb(128, 76, 60), Grain.Rgb(140, 88, 68), Grain.Rgb(112, 70, 58), Grain.Rgb(136, 116, 92)];

    private static readonly Vector3[] Stuccos = [Grain.Rgb(206, 202, 190), Grain.Rgb(190, 184, 168), Grain.Rgb(170, 164, 152), Grain.Rgb(198, 188, 166)];

    private static readonly Vector3[] Paints = [Grain.Rgb(28, 36, 58), Grain.Rgb(92, 26, 26), Grain.Rgb(24, 52, 38), Grain.Rgb(30, 30, 32), Grain.Rgb(58, 72, 84), Grain.Rgb(120, 110, 92)];

    public StreetPlan(int seed)
    {
        Seed = seed;
        var random = new DemoRandom((ulong)seed * 7919 + 17);
        View = new StreetView(1500 + random.Next(-40, 60), 2.4f, Scene.Width / 2 + random.Next(-25, 26), 172 + random.Next(-8, 14));
        Left = Terrace(ref random);
        Right = Terrace(ref random);
        Standing = Pavements(ref random);
        Parked = KerbSide(ref random);
    }

    public int Seed { get; }

    public StreetView View { get; }

    public IReadOnlyList<House> Left { get; }

    public IReadOnlyList<House> Right { get; }

    /// <summary>The farthest first.</summary>
    public IReadOnlyList<Standing> Standing { get; }

    /// <summary>The farthest first.</summary>
    public IReadOnlyList<Parked> Parked { get; }

    private static List<House> Terrace(ref DemoRandom random)
    {
        var houses = new List<House>();
        var at = 2f + random.Next(0, 5);
        while (at < Length)
        {
            // A builder put up several alike.
            var brick = random.Next(0, 4) > 0;
            var wall = brick ? random.Of(Bricks) : random.Of(Stuccos);
            var storey = 3 + .1f * random.Next(0, 6);
            var storeys = random.Next(3, 6);
            var width = 5.2f + .1f * random.Next(0, 34);
            var shops = random.Next(0, 2) == 0;
            for (var alike = random.Next(1, 4); alike > 0 && at < Length; alike--)
            {
                var tint = .94f + .1f * (float)random.NextDouble();
                houses.Add(new House(at, at + width, storeys * storey + .9f, storey, wall * tint, random.Of(Stuccos), random.Of(Paints), width > 7 ? 4 : 3, brick, shops, random.Of(Paints), random.Next(1, 1 << 20)));
                at += width;
            }
        }

        return houses;
    }

    private static List<Standing> Pavements(ref DemoRandom random)
    {
        var standing = new List<Standing>();
        foreach (var side in (float[])[-1, 1])
        {
            for (var z = 20f + random.Next(0, 8); z < 150; z += 11 + random.Next(0, 9))
            {
                if (random.Next(0, 3) > 0)
                {
                    standing.Add(new Standing(false, side * (Kerb + .9f), z, 6.5f + .1f * random.Next(0, 35), random.Next(1, 1 << 20)));
                }
            }

            for (var z = side < 0 ? -2f : 11f; z < 170; z += 27)
            {
                standing.Add(new Standing(true, side * (Kerb + .5f), z, LampHeight, 0));
            }
        }

        return [.. standing.OrderByDescending(s => s.Z)];
    }

    private static List<Parked> KerbSide(ref DemoRandom random)
    {
        var parked = new List<Parked>();
        foreach (var side in (float[])[-1, 1])
        {
            for (var z = 24f + random.Next(0, 8); z < 110; z += 5.6f + .2f * random.Next(0, 8))
            {
                if (random.Next(0, 4) > 0)
                {
                    parked.Add(new Parked(side * (Kerb - 1.12f), z, random.Next(0, DemoRegistry.Count), side > 0));
                }
            }
        }

        return [.. parked.OrderByDescending(p => p.Z)];
    }
}
