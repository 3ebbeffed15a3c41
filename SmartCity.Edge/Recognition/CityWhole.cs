using System.Numerics.Tensors;
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
    private const string Sha256 = "8ef1c0b124f117ddf0f47f48122c6dcc8c646b40477045602493194cbf70a20e";
    private const int Answers = 4;

    // Chosen on rendered pictures.
    private const float Least = 0.5f;

    private readonly PatchModel _model = new(FileName, Sha256, Shape, options, logger);

    internal static PatchShape Shape { get; } = new(192, 56, 1.2f, 1.05f, Answers);

    /// <summary>Whether all of a plate is seen.</summary>
    public bool Sees(in Source image, PlateQuad quad) => _model.Look(image, quad, static answers => TensorPrimitives.Min(answers) >= Least);

    public void Dispose() => _model.Dispose();
}
