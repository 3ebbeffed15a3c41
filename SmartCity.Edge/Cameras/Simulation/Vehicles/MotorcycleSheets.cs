using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A motorcycle with its rider from behind, which is where its plate is.</summary>
internal static class MotorcycleSheets
{
    public const float Plate = .6f;
    public const float HalfWidth = .42f;
    public const float Length = 1.9f;

    private static readonly Surface Black = new(Grain.Rgb(26, 26, 28), .15f);
    private static readonly Surface Leather = new(Grain.Rgb(38, 40, 46), .12f);
    private static readonly Surface Metal = new(Grain.Rgb(150, 152, 156), .7f);

    public static IEnumerable<Sheet> Of(Surface paint, int seed, bool lit)
    {
        yield return Lump(0, .31f, .45f, .075f, .31f, .31f, Black);
        yield return Lump(.17f, .42f, .4f, .055f, .06f, .3f, Metal);
        yield return Lump(0, .84f, .5f, .19f, .11f, .42f, paint);
        yield return Lump(0, .93f, .6f, .17f, .06f, .4f, Black);
        yield return Sheet.Board(-.09f, .09f, .48f, .76f, .14f, _ => Black);
        yield return Lump(0, .78f, .1f, .09f, .035f, .06f, new Surface(Grain.Rgb(160, 16, 18), .7f, lit ? new Vector3(.9f, .08f, .06f) : new Vector3(.1f, 0, 0)));
        var jacket = Grain.At(seed, 1, 2) > .6f ? new Surface(Grain.Rgb(168, 182, 52), .1f) : Leather;
        yield return Lump(0, 1.02f, .66f, .2f, .15f, .2f, Leather);
        yield return Lump(0, 1.27f, .76f, .235f, .3f, .17f, jacket);
        yield return Lump(0, 1.68f, .82f, .135f, .16f, .15f, new Surface(Grain.At(seed, 2, 2) > .5f ? Grain.Rgb(210, 210, 206) : Grain.Rgb(30, 30, 34), .6f));
        foreach (var side in (float[])[-1, 1])
        {
            yield return Lump(side * .22f, .7f, .6f, .1f, .27f, .16f, Leather);
            yield return Lump(side * .23f, .36f, .55f, .065f, .14f, .14f, Black);
            yield return Lump(side * .255f, 1.26f, .84f, .08f, .23f, .12f, jacket);
            yield return Lump(side * .34f, 1.07f, 1.05f, .1f, .045f, .05f, Black);
            yield return Lump(side * .38f, 1.3f, 1.1f, .075f, .05f, .03f, new Surface(Grain.Rgb(60, 66, 74), .9f));
            yield return Lump(side * .2f, .74f, .2f, .035f, .025f, .03f, new Surface(Grain.Rgb(220, 130, 30), .5f));
        }
    }

    private static Sheet Lump(float x, float y, float z, float wide, float tall, float deep, Surface surface) =>
        Sheet.Ellipsoid(new Vector3(x, y, z), new Vector3(wide, tall, deep), surface);
}
