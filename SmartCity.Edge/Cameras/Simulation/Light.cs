using System.Numerics;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What shines on a street. Colours are linear, blue, green and red in x, y and z; 1 is a white wall in full light.</summary>
/// <param name="Direction">Towards the sun, of length 1.</param>
/// <param name="Lamps">Strength of street lamps and lit windows.</param>
/// <param name="Plate">What a retro-reflective plate gives back of the camera's own flash and the daylight.</param>
/// <param name="Haze">Metres after which two thirds of a thing are lost in haze.</param>
/// <param name="Wet">0 is a dry street, 1 a street under water.</param>
internal sealed record Light(Vector3 Direction, Vector3 Sun, Vector3 Sky, Vector3 Zenith, float Lamps, float Plate, float Haze, float Wet)
{
    private const double Gamma = 1 / 2.2;
    private const int Steps = 4096;

    private static readonly byte[] Tones = [.. Enumerable.Range(0, Steps + 1).Select(i => (byte)Math.Round(255 * Math.Pow(i / (double)Steps, Gamma)))];

    /// <param name="sunshine">0 is an overcast day, 1 a clear one.</param>
    public static Light Of(Weather weather, float sunshine) => weather switch
    {
        Weather.Dusk => new(Vector3.Normalize(new(-.8f, .3f, .4f)), Rgb(.09f, .05f, .03f), Rgb(.17f, .16f, .19f), Rgb(.16f, .20f, .32f), .55f, .46f, 300, .1f),
        Weather.Night => new(Vector3.UnitY, Vector3.Zero, Rgb(.012f, .014f, .02f), Rgb(.008f, .010f, .018f), 1, .34f, 400, .25f),
        Weather.Rain => new(Vector3.UnitY, Rgb(.05f, .05f, .05f), Rgb(.44f, .46f, .48f), Rgb(.42f, .45f, .48f), .12f, .50f, 85, .8f),
        _ => new(
            Vector3.Normalize(new(-.45f, .8f, -.4f)),
            Rgb(1.05f, .98f, .86f) * sunshine,
            Vector3.Lerp(Rgb(.62f, .64f, .66f), Rgb(.42f, .50f, .60f), sunshine),
            Vector3.Lerp(Rgb(.60f, .64f, .68f), Rgb(.16f, .34f, .66f), sunshine),
            0, .80f, 420, 0),
    };

    public static Vector3 Rgb(float red, float green, float blue) => new(blue, green, red);

    /// <summary>The sky in a direction.</summary>
    public Vector3 Above(Vector3 direction) => Vector3.Lerp(Sky * 1.25f, Zenith, Math.Clamp(2.2f * direction.Y / direction.Length(), 0, 1));

    /// <summary>Light that a surface gets.</summary>
    /// <param name="open">Share of the sky that it sees.</param>
    /// <param name="sunlit">Share of the sun that reaches it.</param>
    public Vector3 On(Vector3 normal, float open, float sunlit) =>
        Sky * (open * (.62f + .38f * normal.Y)) + Sun * (sunlit * Math.Max(0, Vector3.Dot(normal, Direction)));

    /// <summary>As a camera writes it: with gamma, clipped.</summary>
    public static Vec3b Tone(Vector3 colour)
    {
        var scaled = Vector3.Clamp(colour, Vector3.Zero, Vector3.One) * Steps;
        return new Vec3b(Tones[(int)scaled.X], Tones[(int)scaled.Y], Tones[(int)scaled.Z]);
    }
}
