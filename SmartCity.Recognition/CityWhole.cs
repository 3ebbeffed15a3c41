using Microsoft.Extensions.Logging;

namespace SmartCity.Recognition;

/// <summary>
/// Our own judge of what surrounds the characters: whether the plate's left end is seen, and its right, whether nothing hides a character, and
/// whether it is a plate and no lettering on a vehicle or a shop. Characters alone cannot tell. Thread-safe.
/// </summary>
internal sealed class CityWhole(RecognitionOptions options, ILogger logger) : IDisposable
{
    public const string Id = "city-whole-1";
    private const int Answers = 4;

    // So much further out, in heights of a line: each look errs in its own way. One that is far from any doubt is enough.
    private static readonly (float Along, float Across)[] Looks = [(0, 0), (0.12f, 0.05f), (-0.1f, -0.04f)];
    private const float BeyondDoubt = 2.5f;

    private readonly PatchModel _model = new(Id, Shape, options, logger);

    internal static PatchShape Shape { get; } = new(192, 56, 1.2f, 1.05f, Answers);

    /// <summary>How much more speaks for all of a plate being seen than is asked, in log odds.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="read">What was read in it.</param>
    /// <param name="more">Where there may be more characters by what was read.</param>
    public float Evidence(in Source image, PlateRead read, LongerPlates more)
    {
        var (corners, seen, evidence) = (read.Quad.Corners, default(WholeLook), 0f);
        var (line, _) = LinePatch.Lines(corners);
        for (var i = 0; i < Looks.Length && (i == 0 || MathF.Abs(evidence) < BeyondDoubt); i++)
        {
            seen += _model.Look(image, corners.Grow(Looks[i].Along * line, Looks[i].Across * line), 0, static (answers, _) => WholeLook.Of(answers));
            evidence = (seen / (i + 1)).Evidence(read, more);
        }

        return evidence;
    }

    public void Dispose() => _model.Dispose();
}
