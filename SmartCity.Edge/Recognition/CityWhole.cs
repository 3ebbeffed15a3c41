using Microsoft.Extensions.Logging;

namespace SmartCity.Edge.Recognition;

/// <summary>
/// Our own judge of what surrounds the characters: whether the plate's left end is seen, and its right, whether nothing hides a character, and
/// whether it is a plate and no lettering on a vehicle or a shop. Characters alone cannot tell. Thread-safe.
/// </summary>
internal sealed class CityWhole(RecognitionOptions options, ILogger logger) : IDisposable
{
    public const string Id = "city-whole-1";
    private const string FileName = "city-whole-1.onnx";
    private const string Sha256 = "aa2546249fdde28745518f30d74498fe8067ffd03752e0fd345d4c038a993a19";
    private const int Answers = 4;

    // Chosen on rendered pictures: much is asked where the characters may be those of a longer plate, and little where they cannot.
    private const float LeastEnd = 0.98f;
    private const float LeastClear = 0.3f;
    private const float LeastOfComplete = 0.002f;
    private const float LeastPlate = 0.3f;

    private readonly PatchModel _model = new(FileName, Sha256, Shape, options, logger);

    internal static PatchShape Shape { get; } = new(192, 56, 1.2f, 1.05f, Answers);

    /// <summary>Whether all of a plate is seen.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="quad">The characters in it.</param>
    /// <param name="more">Where there may be more of them by what was read.</param>
    public bool Sees(in Source image, PlateQuad quad, LongerPlates more) => _model.Look(image, quad, more, static (answers, more) =>
        answers[0] >= (more.Left ? LeastEnd : LeastOfComplete)
        && answers[1] >= (more.Right ? LeastEnd : LeastOfComplete)
        && answers[2] >= (more.Within ? LeastClear : LeastOfComplete)
        && answers[3] >= LeastPlate);

    public void Dispose() => _model.Dispose();
}
