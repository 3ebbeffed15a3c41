using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Shapes of vans, lorries, coaches and double-deckers.</summary>
internal static class LargeShapes
{
    public static BodyShape Lorry { get; } = new()
    {
        Outline = [new(.1f, .3f), new(.02f, .36f), new(0, .5f), new(0, .9f), new(.02f, 1.3f), new(.05f, 1.62f), new(.16f, 2.4f), new(.24f, 2.62f), new(.5f, 2.9f), new(1, 3.02f), new(1.9f, 3.05f)],
        Length = 2.1f,
        HalfWidth = 1.24f,
        HalfRoof = 1.12f,
        Belt = 1.6f,
        Header = 2.5f,
        Roof = 3.05f,
        Corner = .16f,
        Lamps = new Patch(.78f, 1.14f, .62f, .8f),
        Grille = new Patch(0, .82f, .92f, 1.48f),
        Intake = new Patch(0, .7f, .38f, .47f),
        Plate = .58f,
        Wheel = .5f,
        Axle = 1.35f,
        Box = new Vector3(1.27f, 3.95f, 2.3f),
        SideWindows = false,
    };

    public static BodyShape LorryRear { get; } = new()
    {
        Outline = [new(.3f, .45f), new(.02f, .5f), new(0, .62f), new(0, 1), new(0, 1.06f), new(0, 2.4f), new(0, 3.85f), new(.03f, 3.93f), new(.1f, 3.95f), new(3, 3.95f)],
        Length = 9,
        HalfWidth = 1.26f,
        HalfRoof = 1.25f,
        Belt = 1.06f,
        Header = 3.85f,
        Roof = 3.95f,
        Corner = .02f,
        Lamps = new Patch(.78f, 1.2f, .66f, .8f),
        Grille = default,
        Intake = default,
        Plate = .76f,
        Wheel = .5f,
        Axle = 1.2f,
        Doors = true,
        SideWindows = false,
    };

    public static BodyShape Van(bool front, bool windows, bool small)
    {
        var lower = small ? .45f : 0;
        return new BodyShape
        {
            Outline = front
                ? [new(.1f, .24f), new(.02f, .3f), new(0, .44f), new(0, .66f), new(.05f, .86f), new(.16f, .98f), new(.45f, 1.12f), new(.7f, 1.22f - lower * .2f), new(1.2f, 1.86f - lower * .7f), new(1.4f, 2.02f - lower * .8f), new(1.9f, 2.22f - lower), new(3, 2.28f - lower)]
                : [new(.1f, .3f), new(.02f, .36f), new(0, .48f), new(0, .7f), new(.03f, 1.2f), new(.06f, 1.4f), new(.14f, 2.05f - lower), new(.2f, 2.18f - lower), new(.35f, 2.26f - lower), new(3, 2.28f - lower)],
            Length = 5.2f,
            HalfWidth = small ? .91f : .99f,
            HalfRoof = small ? .74f : .84f,
            Belt = front ? 1.2f - lower * .2f : 1.22f,
            Header = front ? 1.94f - lower * .8f : 1.95f - lower,
            Roof = 2.28f - lower,
            Corner = front ? .3f : .06f,
            Lamps = front ? new Patch(.62f, .92f, .78f, 1.02f) : new Patch(small ? .8f : .87f, small ? .9f : .98f, .75f, 1.25f),
            Grille = front ? new Patch(0, .56f, .72f, .92f) : default,
            Intake = new Patch(0, .68f, .28f, .42f),
            Plate = front ? .55f : .72f,
            Wheel = .34f,
            Axle = .95f,
            Doors = !front && !windows,
            SideWindows = windows,
        };
    }

    public static BodyShape Coach(bool front) => new()
    {
        Outline = [new(.1f, .28f), new(.02f, .34f), new(0, .5f), new(0, .9f), new(.02f, front ? 1.15f : 1.9f), new(.16f, 2.6f), new(.26f, 2.95f), new(.5f, 3.2f), new(.9f, 3.3f), new(8, 3.32f)],
        Length = 11,
        HalfWidth = 1.26f,
        HalfRoof = 1.16f,
        Belt = front ? 1.15f : 1.9f,
        Header = 2.78f,
        Roof = 3.32f,
        Corner = .22f,
        Lamps = front ? new Patch(.86f, 1.18f, .62f, .84f) : new Patch(1.02f, 1.22f, .7f, 1.5f),
        Grille = front ? new Patch(0, .5f, .82f, .96f) : new Patch(0, .8f, 1.05f, 1.5f),
        Intake = new Patch(0, .8f, .36f, .45f),
        Plate = front ? .6f : .72f,
        Wheel = .5f,
        Axle = 2.4f,
    };

    public static BodyShape DoubleDecker(bool front) => Coach(front) with
    {
        Outline = [new(.1f, .26f), new(.02f, .32f), new(0, .48f), new(0, .9f), new(.02f, front ? 1.15f : 1.5f), new(.08f, 2.15f), new(.14f, 2.6f), new(.24f, 3.6f), new(.34f, 4), new(.6f, 4.24f), new(1, 4.3f), new(8, 4.32f)],
        Belt = front ? 1.15f : 1.5f,
        Header = 4,
        Roof = 4.32f,
        Grille = front ? default : new Patch(0, .9f, .95f, 1.35f),
        Decks = true,
    };
}
