using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What lights a street in one kind of weather. Colours are red, green, blue from 0 to 1, as the picture shows them.</summary>
internal sealed record StreetLight
{
    /// <summary>On everything, from the whole sky.</summary>
    public required Vector3 Ambient { get; init; }

    /// <summary>Light of a street lamp next to it; zero while lamps are off.</summary>
    public required Vector3 Lamp { get; init; }

    public required Vector3 Zenith { get; init; }

    public required Vector3 Skyline { get; init; }

    /// <summary>Of clouds, over the sky's own colour.</summary>
    public required Vector3 Cloud { get; init; }

    /// <summary>Share of a window's rooms that are lit.</summary>
    public required float RoomsLit { get; init; }

    /// <summary>0 dry to 1 under water.</summary>
    public required float Wet { get; init; }

    /// <summary>Metres after which two thirds of the contrast are gone.</summary>
    public required float Haze { get; init; }

    /// <summary>Darkening of the side that the sky's bright part does not reach.</summary>
    public required float Shade { get; init; }

    public bool LampsOn => Lamp != Vector3.Zero;

    public static StreetLight Of(Weather weather) => weather switch
    {
        Weather.Dusk => new()
        {
            Ambient = new(.47f, .45f, .53f),
            Lamp = new(.62f, .42f, .2f),
            Zenith = Grain.Rgb(62, 74, 108),
            Skyline = Grain.Rgb(214, 150, 108),
            Cloud = Grain.Rgb(120, 98, 112),
            RoomsLit = .3f,
            Wet = 0,
            Haze = 260,
            Shade = .9f,
        },
        Weather.Night => new()
        {
            Ambient = new(.15f, .155f, .185f),
            Lamp = new(1.7f, 1.25f, .72f),
            Zenith = Grain.Rgb(12, 14, 22),
            Skyline = Grain.Rgb(52, 43, 36),
            Cloud = Grain.Rgb(34, 30, 28),
            RoomsLit = .34f,
            Wet = 0,
            Haze = 300,
            Shade = 1,
        },
        Weather.Rain => new()
        {
            Ambient = new(.66f, .68f, .7f),
            Lamp = Vector3.Zero,
            Zenith = Grain.Rgb(150, 156, 162),
            Skyline = Grain.Rgb(190, 194, 196),
            Cloud = Grain.Rgb(124, 129, 136),
            RoomsLit = .12f,
            Wet = 1,
            Haze = 110,
            Shade = .95f,
        },
        _ => new()
        {
            Ambient = new(1.02f, 1, .97f),
            Lamp = Vector3.Zero,
            Zenith = Grain.Rgb(118, 152, 196),
            Skyline = Grain.Rgb(206, 216, 224),
            Cloud = Grain.Rgb(232, 234, 236),
            RoomsLit = .03f,
            Wet = 0,
            Haze = 330,
            Shade = .78f,
        },
    };
}
